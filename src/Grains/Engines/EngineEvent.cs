using Loopwave.Messages;

namespace Loopwave.Engines;

/// <summary>
/// A place in a number's stream of events. Sequences rise within one host and epoch; a new host or epoch starts over,
/// and what was not acknowledged comes again.
/// </summary>
[GenerateSerializer, Immutable, Alias("loopwave.engine-cursor")]
public sealed record EngineCursor(
    [property: Id(0)] string Host,
    [property: Id(1)] long Epoch,
    [property: Id(2)] long Sequence);

/// <summary>Consecutive events of one number; <paramref name="First"/> is the place of the first, the others follow by one.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.engine-batch")]
public sealed record EngineBatch(
    [property: Id(0)] string Number,
    [property: Id(1)] EngineCursor First,
    [property: Id(2)] IReadOnlyList<EngineEvent> Events)
{
    public EngineCursor Last => First with { Sequence = First.Sequence + Events.Count - 1 };
}

/// <summary>A fact that an engine reports. Lists of facts may grow; what is not known is logged and acknowledged.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.engine-event")]
public abstract record EngineEvent
{
    /// <summary>A QR text or a pairing code is to be shown until <paramref name="ExpiresAt"/>.</summary>
    [GenerateSerializer, Immutable, Alias("loopwave.engine-event.link-offered")]
    public sealed record LinkOffered(
        [property: Id(0)] string? Qr,
        [property: Id(1)] string? Code,
        [property: Id(2)] DateTimeOffset ExpiresAt) : EngineEvent;

    /// <summary>The phone scanned the code or took the pairing code.</summary>
    [GenerateSerializer, Immutable, Alias("loopwave.engine-event.link-scanned")]
    public sealed record LinkScanned : EngineEvent;

    /// <summary>The device is linked to this account. The connection closes with 515 and is opened again.</summary>
    [GenerateSerializer, Immutable, Alias("loopwave.engine-event.linked")]
    public sealed record Linked(
        [property: Id(0)] string Phone,
        [property: Id(1)] string? Lid,
        [property: Id(2)] string? PushName) : EngineEvent;

    /// <summary>Logged in; messages can be sent.</summary>
    [GenerateSerializer, Immutable, Alias("loopwave.engine-event.opened")]
    public sealed record Opened([property: Id(0)] string? PushName) : EngineEvent;

    /// <summary>The connection is over.</summary>
    /// <param name="Code">The network's code, see <c>DisconnectCause</c>.</param>
    /// <param name="Until">When a restriction ends, where the network says.</param>
    /// <param name="Cause">Why, where the code does not tell; names one of <c>DisconnectCause</c>.</param>
    [GenerateSerializer, Immutable, Alias("loopwave.engine-event.closed")]
    public sealed record Closed(
        [property: Id(0)] int Code,
        [property: Id(1)] DateTimeOffset? Until = null,
        [property: Id(2)] string? Cause = null) : EngineEvent;

    /// <summary>A ping stayed unanswered for 30 seconds: the connection looks open but is deaf.</summary>
    [GenerateSerializer, Immutable, Alias("loopwave.engine-event.ping-lost")]
    public sealed record PingLost : EngineEvent;

    /// <summary>Changes of the device's secrets, to be stored all or none, in order.</summary>
    [GenerateSerializer, Immutable, Alias("loopwave.engine-event.credentials-changed")]
    public sealed record CredentialsChanged([property: Id(0)] IReadOnlyList<CredentialEntry> Changes) : EngineEvent;

    /// <summary>A live message, also one that waited while we were away, also one typed on our own phone.</summary>
    [GenerateSerializer, Immutable, Alias("loopwave.engine-event.message-received")]
    public sealed record MessageReceived([property: Id(0)] InboundMessage Message) : EngineEvent;

    /// <summary>
    /// Older messages. <paramref name="Request"/> names the request they answer, also one that nobody waits for any more; null for what
    /// comes after linking. Without <paramref name="Percent"/> they do not say how far that is. <paramref name="Failed"/> comes with the last
    /// ones where some are missing.
    /// </summary>
    [GenerateSerializer, Immutable, Alias("loopwave.engine-event.history-received")]
    public sealed record HistoryReceived(
        [property: Id(0)] IReadOnlyList<InboundMessage> Messages,
        [property: Id(1)] string? Request,
        [property: Id(2)] int? Percent,
        [property: Id(3)] bool Done,
        [property: Id(4)] HistoryFailure? Failed = null) : EngineEvent;

    /// <summary>The network's own answer to a relayed message; <paramref name="Error"/> is its code when it refused.</summary>
    [GenerateSerializer, Immutable, Alias("loopwave.engine-event.server-acknowledged")]
    public sealed record ServerAcknowledged(
        [property: Id(0)] string WhatsAppId,
        [property: Id(1)] DateTimeOffset At,
        [property: Id(2)] int? Error = null) : EngineEvent;

    /// <summary>Our messages reached the person, or were read.</summary>
    [GenerateSerializer, Immutable, Alias("loopwave.engine-event.receipt-received")]
    public sealed record ReceiptReceived(
        [property: Id(0)] string Jid,
        [property: Id(1)] IReadOnlyList<string> WhatsAppIds,
        [property: Id(2)] ReceiptKind Kind,
        [property: Id(3)] DateTimeOffset At,
        [property: Id(4)] string? Participant = null) : EngineEvent;

    /// <summary>Our own phone read a chat.</summary>
    [GenerateSerializer, Immutable, Alias("loopwave.engine-event.chat-read")]
    public sealed record ChatRead([property: Id(0)] string Jid, [property: Id(1)] DateTimeOffset At) : EngineEvent;

    /// <summary>Somebody reacted; an empty emoji takes the reaction back.</summary>
    [GenerateSerializer, Immutable, Alias("loopwave.engine-event.reaction-received")]
    public sealed record ReactionReceived(
        [property: Id(0)] string Jid,
        [property: Id(1)] TargetMessage Target,
        [property: Id(2)] string Emoji,
        [property: Id(3)] bool FromMe,
        [property: Id(4)] string? Participant,
        [property: Id(5)] DateTimeOffset At) : EngineEvent;

    /// <summary>Somebody says that a message of theirs has other words now. Whether it is theirs is not known yet.</summary>
    /// <param name="By">Who says so; of an older release null, and then nobody who may.</param>
    /// <param name="OtherJid">The other form of the chat's address, where the network gives both.</param>
    [GenerateSerializer, Immutable, Alias("loopwave.engine-event.message-edited")]
    public sealed record MessageEdited(
        [property: Id(0)] string Jid,
        [property: Id(1)] TargetMessage Target,
        [property: Id(2)] string Text,
        [property: Id(3)] DateTimeOffset At,
        [property: Id(4)] MessageSender? By,
        [property: Id(5)] string? OtherJid = null) : EngineEvent;

    /// <summary>Somebody takes a message back, their own or another's. Whether they may is not known yet.</summary>
    /// <param name="By">As of <see cref="MessageEdited"/>.</param>
    /// <param name="OtherJid">As of <see cref="MessageEdited"/>.</param>
    [GenerateSerializer, Immutable, Alias("loopwave.engine-event.message-revoked")]
    public sealed record MessageRevoked(
        [property: Id(0)] string Jid,
        [property: Id(1)] TargetMessage Target,
        [property: Id(2)] DateTimeOffset At,
        [property: Id(3)] MessageSender? By,
        [property: Id(4)] string? OtherJid = null) : EngineEvent;

    /// <summary>Two addresses are one person: the phone form and the hidden form.</summary>
    [GenerateSerializer, Immutable, Alias("loopwave.engine-event.alias-learned")]
    public sealed record AliasLearned([property: Id(0)] string PhoneJid, [property: Id(1)] string Lid) : EngineEvent;

    /// <summary>The name of a person, or the subject of a group.</summary>
    /// <param name="Saved">The name in the phone's address book; otherwise the one that the person chose.</param>
    [GenerateSerializer, Immutable, Alias("loopwave.engine-event.named")]
    public sealed record Named(
        [property: Id(0)] string Jid,
        [property: Id(1)] string Name,
        [property: Id(2)] bool Saved = false) : EngineEvent;

    /// <summary>
    /// Something that a newer engine reports and we don't know, or that does not say what it must. It keeps its place in the stream, and is
    /// set aside there.
    /// </summary>
    /// <param name="Why">What is wrong with it, and holds nothing of what it says; null where only its type is not known.</param>
    /// <param name="Rest">What could be read of it, and is taken in its place.</param>
    /// <param name="IsSecret">It was a change of the device's secrets, which nobody may pass over.</param>
    [GenerateSerializer, Immutable, Alias("loopwave.engine-event.unknown")]
    public sealed record Unknown(
        [property: Id(0)] string Type,
        [property: Id(1)] string? Why = null,
        [property: Id(2)] EngineEvent? Rest = null,
        [property: Id(3)] bool IsSecret = false) : EngineEvent;

    private EngineEvent()
    {
    }
}

/// <summary>Why older messages are missing.</summary>
[Alias("loopwave.history-failure")]
public enum HistoryFailure
{
    /// <summary>The phone did not answer.</summary>
    Unanswered,

    /// <summary>A file that the phone wrote could not be had.</summary>
    Lost,
}

[Alias("loopwave.receipt-kind")]
public enum ReceiptKind
{
    Delivered,
    Read,
}

/// <summary>Who sent a change of a message: the network's own word, which no sender can write.</summary>
/// <param name="FromMe">Another device of this account.</param>
/// <param name="Participant">In groups, who.</param>
/// <param name="OtherParticipant">The other form of that address.</param>
/// <param name="IsAdmin">Whether they are an administrator of the group that it was sent to; null where the engine cannot say.</param>
[GenerateSerializer, Immutable, Alias("loopwave.message-sender")]
public sealed record MessageSender(
    [property: Id(0)] bool FromMe,
    [property: Id(1)] string? Participant = null,
    [property: Id(2)] string? OtherParticipant = null,
    [property: Id(3)] bool? IsAdmin = null);

/// <summary>A message as the network gave it.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.inbound-message")]
public sealed record InboundMessage
{
    [Id(0)] public required string WhatsAppId { get; init; }

    /// <summary>The chat's network id, and its other form where the network gives both.</summary>
    [Id(1)] public required string Jid { get; init; }
    [Id(2)] public string? OtherJid { get; init; }
    [Id(3)] public required bool FromMe { get; init; }

    /// <summary>In groups, who wrote it, and the other form of that address.</summary>
    [Id(4)] public string? Participant { get; init; }
    [Id(5)] public string? OtherParticipant { get; init; }

    /// <summary>The name the sender gave themselves.</summary>
    [Id(6)] public string? PushName { get; init; }
    [Id(7)] public required DateTimeOffset Timestamp { get; init; }
    [Id(8)] public required MessageType Type { get; init; }
    [Id(9)] public string? Text { get; init; }
    [Id(10)] public RemoteFile? File { get; init; }
    [Id(11)] public Location? Location { get; init; }
    [Id(12)] public IReadOnlyList<ContactCard> Contacts { get; init; } = [];
    [Id(13)] public Poll? Poll { get; init; }

    /// <summary>The message this one answers.</summary>
    [Id(14)] public TargetMessage? ReplyTo { get; init; }
    [Id(15)] public IReadOnlyList<string> Mentions { get; init; } = [];
}
