namespace Loopwave.Api.V1.Media;

/// <summary>
/// Which files a browser may show in place. A file is what its first bytes say, not what somebody called it: a page
/// named <c>image/png</c> must not run as a page.
/// </summary>
internal static class FileTypes
{
    /// <summary>How many first bytes <see cref="MayBeShown"/> wants to see.</summary>
    public const int HeadLength = 16;

    /// <summary>Whether this is a picture, a video or a sound of a known kind, by its name and by its first bytes.</summary>
    public static bool MayBeShown(string mimeType, ReadOnlySpan<byte> head) => mimeType.Split(';')[0].Trim() switch
    {
        "image/jpeg" => head.StartsWith<byte>([0xFF, 0xD8, 0xFF]),
        "image/png" => head.StartsWith<byte>([0x89, 0x50, 0x4E, 0x47]),
        "image/gif" => head.StartsWith("GIF8"u8),
        "image/webp" => head.StartsWith("RIFF"u8) && At(head, 8, "WEBP"u8),
        "video/mp4" or "video/3gpp" or "video/quicktime" or "audio/mp4" or "audio/x-m4a" => At(head, 4, "ftyp"u8),
        "video/webm" or "audio/webm" => head.StartsWith<byte>([0x1A, 0x45, 0xDF, 0xA3]),
        "audio/ogg" => head.StartsWith("OggS"u8),
        "audio/mpeg" => head.StartsWith("ID3"u8) || (head.Length > 1 && head[0] == 0xFF && (head[1] & 0xE0) == 0xE0),
        "audio/aac" => head.Length > 1 && head[0] == 0xFF && (head[1] & 0xF6) == 0xF0,
        "audio/amr" => head.StartsWith("#!AMR"u8),
        "audio/wav" or "audio/x-wav" => head.StartsWith("RIFF"u8) && At(head, 8, "WAVE"u8),
        _ => false,
    };

    private static bool At(ReadOnlySpan<byte> head, int offset, ReadOnlySpan<byte> mark) =>
        head.Length >= offset + mark.Length && head.Slice(offset, mark.Length).SequenceEqual(mark);
}
