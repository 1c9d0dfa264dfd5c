namespace Loopwave.Storage.Media;

/// <summary>The name of content: its SHA-256 in lower-case hex.</summary>
internal static class MediaHash
{
    private const int Length = 64;

    public static bool IsOne(string text) => text.Length == Length && text.All(char.IsAsciiHexDigitLower);
}
