using System.Security.Cryptography;
using System.Text.Json;
using Loopwave.Engines;
using Loopwave.Messages;

namespace Loopwave.Sandbox;

/// <summary>
/// A message of ours as the simulated network carries it: everything in it, so that a repeat needs nothing else.
/// Of a file it holds hash and size, as a real message holds where the file was uploaded to.
/// </summary>
internal sealed record SandboxWire
{
    public int Version { get; init; } = 1;
    public required OutboundKind Kind { get; init; }
    public required string WhatsAppId { get; init; }
    public required string Jid { get; init; }
    public required MessageType Type { get; init; }
    public string? Text { get; init; }
    public SandboxUpload? File { get; init; }
    public Location? Location { get; init; }
    public TargetMessage? Target { get; init; }
    public IReadOnlyList<string> Mentions { get; init; } = [];
    public string? Emoji { get; init; }

    public static async Task<byte[]> Build(OutboundMessage message, CancellationToken cancellationToken)
    {
        var wire = new SandboxWire
        {
            Kind = message.Kind,
            WhatsAppId = message.WhatsAppId,
            Jid = message.Jid,
            Type = message.Type,
            Text = message.Text,
            File = message.File is { } file ? await Upload(file, cancellationToken) : null,
            Location = message.Location,
            Target = message.Target,
            Mentions = message.Mentions,
            Emoji = message.Emoji,
        };
        return JsonSerializer.SerializeToUtf8Bytes(wire, SandboxEvents.Json);
    }

    public static SandboxWire Read(byte[] prepared)
    {
        try
        {
            return JsonSerializer.Deserialize<SandboxWire>(prepared, SandboxEvents.Json) is { Version: 1 } wire
                ? wire
                : throw new EngineException(EngineError.Rejected, "These bytes are of another version.", "invalid_message");
        }
        catch (JsonException)
        {
            throw new EngineException(EngineError.Rejected, "These bytes are no message of the sandbox.", "invalid_message");
        }
    }

    private static async Task<SandboxUpload> Upload(OutboundFile file, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = System.IO.File.OpenRead(file.Path);
            var hash = await SHA256.HashDataAsync(stream, cancellationToken);
            return new(Convert.ToHexStringLower(hash), stream.Length, file.MimeType, file.FileName, file.DurationSeconds);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new EngineException(EngineError.Gone, "The file to upload is not there.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException(EngineError.Unavailable, "The file to upload cannot be read now.");
        }
    }
}

/// <summary>A file of ours as the servers know it.</summary>
internal sealed record SandboxUpload(string Hash, long Size, string MimeType, string? FileName, int? DurationSeconds);
