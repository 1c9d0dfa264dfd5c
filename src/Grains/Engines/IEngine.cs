using Loopwave.Chats;
using Loopwave.Messages;

namespace Loopwave.Engines;

/// <summary>
/// The one door to a messaging network. It moves bytes and reports facts; retry, pacing and storage are decided by the
/// number's grain. Every command carries the number's epoch: an epoch lower than one seen before is refused with
/// <see cref="EngineError.StaleEpoch"/>. Every call ends within its cancellation token's deadline.
/// Faults are <see cref="EngineException"/>.
/// </summary>
public interface IEngine
{
    EngineKind Kind { get; }

    /// <summary>
    /// Opens the number's connection and returns at once; what follows arrives as events. Opening with a higher epoch
    /// ends the connection of a lower one first; opening what is open already under the same epoch does nothing.
    /// </summary>
    Task Open(EngineOpen request, CancellationToken cancellationToken);

    /// <summary>Closes without logging out; no event of this epoch follows. Closing what is not open does nothing.</summary>
    Task Close(string number, long epoch, CancellationToken cancellationToken);

    /// <summary>
    /// Closes every connection at once, because this process may no longer own its numbers. Each is reported as closed
    /// with code 428, so that what is still ours connects again.
    /// </summary>
    Task CloseAll();

    /// <summary>
    /// Storage works again: what nobody took while it did not is offered again within two seconds, and not only when its pause is over.
    /// Returns at once.
    /// </summary>
    void OfferAgain();

    /// <summary>Logs the device out of the network, then closes. Needs an open connection.</summary>
    Task LogOut(string number, long epoch, CancellationToken cancellationToken);

    /// <summary>
    /// Everything of this cursor's host, epoch and number up to its sequence is stored; the engine may forget it and
    /// tell the network.
    /// </summary>
    Task Acknowledge(string number, EngineCursor cursor, CancellationToken cancellationToken);

    /// <summary>
    /// Builds the bytes of a message without sending them: uploads its file, resolves what must be resolved. The same
    /// bytes are relayed on every repeat.
    /// </summary>
    Task<byte[]> Prepare(string number, long epoch, OutboundMessage message, CancellationToken cancellationToken);

    /// <summary>
    /// Writes prepared bytes to the network. Returning means written, no more; the network's own answer arrives as
    /// <see cref="EngineEvent.ServerAcknowledged"/>. <see cref="EngineError.Rejected"/> and <see cref="EngineError.NotSent"/> are
    /// certain to have come before the first byte; after every other fault the message may be on the wire.
    /// </summary>
    Task Relay(string number, long epoch, string whatsAppId, string jid, byte[] prepared, CancellationToken cancellationToken);

    /// <summary>Asks the network who a phone belongs to.</summary>
    Task<RecipientCheck> Resolve(string number, long epoch, string phone, CancellationToken cancellationToken);

    /// <summary>
    /// Downloads a received file to a path of this machine, complete or not at all. No room for it is
    /// <see cref="EngineError.Unavailable"/> with the code <see cref="EngineException.DiskFull"/>, more than <paramref name="maxBytes"/> is
    /// <see cref="EngineError.Rejected"/> with <see cref="EngineException.TooLarge"/>. The download ends with its token.
    /// </summary>
    Task FetchMedia(string number, long epoch, RemoteFile file, string targetPath, long maxBytes, CancellationToken cancellationToken);

    /// <summary>Asks the phone for messages older than one that is known; they arrive as history events that name the request.</summary>
    Task RequestHistory(string number, long epoch, EngineHistoryRequest request, CancellationToken cancellationToken);

    /// <summary>Shows the other side of a chat what we do. Returning means written, no more; nothing answers it.</summary>
    Task SetPresence(string number, long epoch, string jid, PresenceState state, CancellationToken cancellationToken);

    /// <summary>Tells the senders that their messages were read.</summary>
    Task MarkRead(string number, long epoch, string jid, IReadOnlyList<ReadMark> messages, CancellationToken cancellationToken);
}

/// <summary>Where an engine delivers its events. A batch is in order; the next is given only after this one returned.</summary>
public interface IEngineEvents
{
    /// <summary>
    /// Hands over a batch. Returning does not mean stored: that is said by <see cref="IEngine.Acknowledge"/>. An
    /// exception means that nobody took it; the engine keeps it and offers it again.
    /// </summary>
    Task Deliver(EngineBatch batch);

    /// <summary>
    /// Whether an epoch of a number is over for good: a higher one exists, or the number does not. Nothing of it is acknowledged any
    /// more, so an engine that still holds something of it may forget that.
    /// </summary>
    Task<bool> IsOver(string number, long epoch);

    /// <summary>Says what a person does at this moment; nobody waits for it, and it may be lost.</summary>
    Task Report(EnginePresence presence);
}

/// <summary>A connection to open.</summary>
/// <param name="Credentials">Everything stored for the number; null to link a new device.</param>
/// <param name="Link">How to link, when there are no credentials.</param>
/// <param name="Proxy">What everything of this connection goes through; null goes directly.</param>
public sealed record EngineOpen(
    string Number,
    long Epoch,
    IReadOnlyList<CredentialEntry>? Credentials,
    EngineLink? Link,
    EngineProxy? Proxy = null);

/// <summary>A proxy on the way to the network.</summary>
/// <param name="Host">Its name, which its certificate is for.</param>
/// <param name="Addresses">All that may be dialled for it.</param>
public sealed record EngineProxy(
    ProxyKind Kind,
    string Host,
    int Port,
    IReadOnlyList<string> Addresses,
    string? User = null,
    string? Password = null)
{
    public override string ToString() => $"{Kind} {Host}:{Port}";
}

/// <summary>How a proxy is spoken to.</summary>
public enum ProxyKind
{
    Http,
    Https,
    Socks5,
}

/// <summary>How to link: by QR code (phone null), or by a code made for a phone (digits).</summary>
public sealed record EngineLink(string? Phone);

/// <summary>
/// One secret of a linked device, by its name. An engine's changes come as lists that belong together.
/// A null value deletes the entry.
/// </summary>
[GenerateSerializer, Immutable, Alias("loopwave.credential-entry")]
public sealed record CredentialEntry([property: Id(0)] string Name, [property: Id(1)] byte[]? Value);

/// <summary>A message to build.</summary>
public sealed record OutboundMessage
{
    public required OutboundKind Kind { get; init; }

    /// <summary>The id it will have on the network, chosen by us and the same on every repeat.</summary>
    public required string WhatsAppId { get; init; }

    /// <summary>The chat's network id.</summary>
    public required string Jid { get; init; }
    public required MessageType Type { get; init; }
    public string? Text { get; init; }

    /// <summary>The file to upload, on this machine.</summary>
    public OutboundFile? File { get; init; }
    public Location? Location { get; init; }

    /// <summary>The message this one answers, reacts to, edits or takes back.</summary>
    public TargetMessage? Target { get; init; }
    public IReadOnlyList<string> Mentions { get; init; } = [];

    /// <summary>The reaction; empty takes it back.</summary>
    public string? Emoji { get; init; }
}

/// <summary>What an outbound item does.</summary>
[Alias("loopwave.outbound-kind")]
public enum OutboundKind
{
    Message,
    Reaction,
    Edit,
    Revoke,
}

public sealed record OutboundFile(string Path, string MimeType, string? FileName, int? DurationSeconds);

/// <summary>Names a message on the network.</summary>
/// <param name="Participant">In groups, who wrote it.</param>
/// <param name="Text">Its words, for the preview of a reply.</param>
/// <param name="Type">What it is, for the preview of a reply; null where nobody knows, as of what people on the network answer.</param>
/// <param name="FileName">The name of its document, for the preview of a reply.</param>
[GenerateSerializer, Immutable, Alias("loopwave.target-message")]
public sealed record TargetMessage(
    [property: Id(0)] string WhatsAppId,
    [property: Id(1)] bool FromMe,
    [property: Id(2)] string? Participant,
    [property: Id(3)] string? Text = null,
    [property: Id(4)] MessageType? Type = null,
    [property: Id(5)] string? FileName = null);

/// <summary>Who a phone belongs to, if anybody.</summary>
/// <param name="Jid">The network's own form of the phone; it can differ from the digits asked for.</param>
/// <param name="Lid">The hidden form, where known.</param>
public sealed record RecipientCheck(bool OnWhatsApp, string? Jid, string? Lid);

/// <summary>Where the network keeps a file: opaque to all but the engine that reported it.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.remote-file")]
public sealed record RemoteFile(
    [property: Id(0)] byte[] Locator,
    [property: Id(1)] string MimeType,
    [property: Id(2)] string? FileName,
    [property: Id(3)] long? Size,
    [property: Id(4)] int? DurationSeconds);

/// <summary>Older messages to ask for.</summary>
/// <param name="Request">Comes back in the history events that answer.</param>
/// <param name="Oldest">The oldest message known in the chat; the answer is older.</param>
/// <param name="Count">At most this many, 1 to 50.</param>
public sealed record EngineHistoryRequest(string Request, string Jid, TargetMessage Oldest, DateTimeOffset OldestAt, int Count);

public sealed record ReadMark(string WhatsAppId, string? Participant);

/// <summary>Why an engine could not do what it was told.</summary>
public enum EngineError
{
    /// <summary>A higher epoch owns the number: whoever asked must stop.</summary>
    StaleEpoch,

    /// <summary>There is no open connection.</summary>
    NotConnected,

    /// <summary>This will never work, such as a file the network refuses.</summary>
    Rejected,

    /// <summary>The file is gone from the network.</summary>
    Gone,

    /// <summary>It may work later.</summary>
    Unavailable,

    /// <summary>Nothing of the message was written. It may work later.</summary>
    NotSent,
}

/// <summary>An engine could not do what it was told.</summary>
public sealed class EngineException(EngineError error, string message, string? code = null) : Exception(message)
{
    /// <summary>The code for a file that found no room on this machine.</summary>
    public const string DiskFull = "disk_full";

    /// <summary>The code for a file of more bytes than it may have.</summary>
    public const string TooLarge = "too_large";

    /// <summary>With <see cref="EngineError.NotSent"/>: the connection ended before anything was written.</summary>
    public const string ConnectionLost = "connection_lost";

    public EngineError Error { get; } = error;

    /// <summary>The process that was to do it ended meanwhile, possibly of just this.</summary>
    public bool HostEnded { get; init; }

    /// <summary>A public error code, such as <c>not_on_whatsapp</c>; the message is then a sentence for people.</summary>
    public string? Code { get; } = code;
}
