using System.Text.Json;
using Loopwave.Chats;
using Loopwave.Engines;

namespace Loopwave.WhatsApp;

/// <summary>What both sides of the engine protocol say, where the port has no record for it.</summary>
internal static class EngineProtocol
{
    public const int Version = 2;

    /// <summary>Frames of more bytes are refused by both sides.</summary>
    public const int LargestFrame = 16 * 1024 * 1024;

    /// <summary>The host must not go on: its token or its version is wrong.</summary>
    public const int HelloRefused = -32000;

    /// <summary>The engine could not do what it was told; the data says why.</summary>
    public const int EngineFault = -32001;

    public static TimeSpan HeartbeatPeriod { get; } = TimeSpan.FromSeconds(2);
}

internal sealed record Hello(string Token, int Version, string Host, int Pid, string Engine);

internal sealed record HelloAnswer(HostSettings Settings);

internal sealed record HostSettings(
    IReadOnlyList<int>? WaVersion,
    IReadOnlyList<string> Browser,
    string? WebSocketUrl,
    int ConnectTimeoutMs,
    int KeepAliveMs,
    int QueryTimeoutMs,
    int RetryRequestDelayMs,
    int? QrTimeoutMs)
{
    public static HostSettings Of(WhatsAppEngineOptions options) => new(
        options.Version, options.Browser, options.WebSocketUrl?.AbsoluteUri,
        Milliseconds(options.ConnectTimeout), Milliseconds(options.KeepAlive), Milliseconds(options.QueryTimeout),
        Milliseconds(options.RetryRequestDelay), options.QrTimeout is { } qr ? Milliseconds(qr) : null);

    private static int Milliseconds(TimeSpan time) => (int)time.TotalMilliseconds;
}

internal sealed record Nothing
{
    public static Nothing Value { get; } = new();
}

internal sealed record ChangesPart(string Number, EngineCursor First, int Part, IReadOnlyList<CredentialEntry> Changes);

/// <param name="Loaded">How many parts of its changes of credentials went ahead; null when it holds all of them.</param>
internal sealed record HostDelivery(string Number, EngineCursor First, IReadOnlyList<EngineEvent> Events, int? Loaded = null);

internal sealed record SentMessageQuestion(string Number, long Epoch, string WhatsAppId);

internal sealed record PreparedMessage(byte[]? Prepared);

internal sealed record HostLogLine(string Level, string Message, string? Number, JsonElement? Data);

internal sealed record LoadCredentialsCommand(string Number, long Epoch, int Part, IReadOnlyList<CredentialEntry> Credentials);

/// <param name="Loaded">How many parts of the credentials went ahead; null when these are all.</param>
internal sealed record OpenCommand(
    string Number, long Epoch, IReadOnlyList<CredentialEntry>? Credentials, EngineLink? Link, EngineProxy? Proxy = null, int? Loaded = null);

internal sealed record NumberCommand(string Number, long Epoch);

internal sealed record AcknowledgeCommand(string Number, long Epoch, EngineCursor Cursor);

internal sealed record PrepareCommand(string Number, long Epoch, OutboundMessage Message);

internal sealed record RelayCommand(string Number, long Epoch, string WhatsAppId, string Jid, byte[] Prepared);

internal sealed record ResolveCommand(string Number, long Epoch, string Phone);

internal sealed record FetchMediaCommand(string Number, long Epoch, RemoteFile File, string TargetPath, long MaxBytes);

internal sealed record RequestHistoryCommand(
    string Number, long Epoch, string Request, string Jid, TargetMessage Oldest, DateTimeOffset OldestAt, int Count);

internal sealed record MarkReadCommand(string Number, long Epoch, string Jid, IReadOnlyList<ReadMark> Messages);

internal sealed record SetPresenceCommand(string Number, long Epoch, string Jid, PresenceState State);

internal sealed record HostStatus(int Numbers, int Open, long MemoryBytes, double LoopDelayMs);

internal sealed record FaultDetails(string Error, string? Code);
