using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Loopwave.Engines;
using Loopwave.Messages;

namespace Loopwave.Sandbox;

/// <summary>
/// The files of simulated people. None is stored: a locator names kind and key, and the same bytes are made of them
/// whenever they are asked for. Files of different keys differ.
/// </summary>
internal static class SandboxFiles
{
    private const int Seconds = 2;

    public static RemoteFile Remote(MessageType type, string key)
    {
        var locator = JsonSerializer.SerializeToUtf8Bytes(new Locator(type, key), SandboxEvents.Json);
        var (mime, name, seconds) = Describe(type);
        return new(locator, mime, name, Make(type, key).Length, seconds);
    }

    /// <summary>The content behind a locator; null when it was not made here.</summary>
    public static byte[]? Read(byte[] locator)
    {
        try
        {
            return JsonSerializer.Deserialize<Locator>(locator, SandboxEvents.Json) is { Key: { } key } file
                ? Make(file.Type, key)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static (string MimeType, string? FileName, int? Seconds) Describe(MessageType type) => type switch
    {
        MessageType.Image => ("image/jpeg", null, null),
        MessageType.Sticker => ("image/png", null, null),
        MessageType.Video => ("video/mp4", null, Seconds),
        MessageType.Audio or MessageType.Voice => ("audio/ogg; codecs=opus", null, Seconds),
        MessageType.Document => ("application/pdf", "sandbox.pdf", null),
        MessageType.Text or MessageType.Location or MessageType.Contact or MessageType.Poll or MessageType.Unsupported =>
            throw new ArgumentOutOfRangeException(nameof(type), type, "Only media has files."),
    };

    private static byte[] Make(MessageType type, string key)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(key));
        return type switch
        {
            MessageType.Image => SandboxPictures.Jpeg(hash),
            MessageType.Sticker => SandboxPictures.Png(hash),
            MessageType.Video => SandboxSounds.Mp4(hash, Seconds),
            MessageType.Audio or MessageType.Voice => SandboxSounds.Ogg(hash, Seconds),
            MessageType.Document => Pdf(Convert.ToHexStringLower(hash, 0, 8)),
            MessageType.Text or MessageType.Location or MessageType.Contact or MessageType.Poll or MessageType.Unsupported =>
                throw new ArgumentOutOfRangeException(nameof(type), type, "Only media has files."),
        };
    }

    /// <summary>One page that shows a line of text.</summary>
    private static byte[] Pdf(string text)
    {
        var stream = $"BT /F1 18 Tf 20 60 Td (Sandbox document {text}) Tj ET";
        string[] objects =
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 120] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
            $"<< /Length {stream.Length} >>\nstream\n{stream}\nendstream",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        ];
        var file = new StringBuilder("%PDF-1.4\n");
        var offsets = new List<int>();
        for (var i = 0; i < objects.Length; i++)
        {
            offsets.Add(file.Length);
            file.Append(i + 1).Append(" 0 obj\n").Append(objects[i]).Append("\nendobj\n");
        }

        var table = file.Length;
        file.Append("xref\n0 ").Append(objects.Length + 1).Append("\n0000000000 65535 f \n");
        foreach (var offset in offsets)
        {
            file.Append(offset.ToString("D10")).Append(" 00000 n \n");
        }

        file.Append("trailer\n<< /Size ").Append(objects.Length + 1).Append(" /Root 1 0 R >>\nstartxref\n").Append(table).Append("\n%%EOF\n");
        return Encoding.ASCII.GetBytes(file.ToString());
    }

    private sealed record Locator(MessageType Type, string Key);
}
