using Loopwave.Engines;

namespace Loopwave.Messages;

/// <summary>A message as it is stored.</summary>
public sealed record MessageDocument
{
    public required string Id { get; init; }
    public required string Number { get; init; }

    /// <summary>The chat it was stored under; the chat may have been merged into another since.</summary>
    public required string Chat { get; init; }

    /// <summary>The party that wrote it, by the surrogate id; null when it is ours.</summary>
    public string? Sender { get; init; }
    public required string WhatsAppId { get; init; }
    public required bool FromMe { get; init; }

    /// <summary>It came as history: it triggers nothing. A live arrival of the same message clears this.</summary>
    public bool History { get; init; }
    public required MessageAuthor Author { get; init; }
    public required MessageType Type { get; init; }
    public string? Text { get; init; }

    /// <summary>The id of its file (<c>f_…</c>).</summary>
    public string? Media { get; init; }
    public Location? Location { get; init; }
    public IReadOnlyList<ContactCard> Contacts { get; init; } = [];
    public Poll? Poll { get; init; }
    public string? ReplyTo { get; init; }
    public IReadOnlyList<string> Mentions { get; init; } = [];
    public IReadOnlyList<Reaction> Reactions { get; init; } = [];
    public DateTimeOffset? EditedAt { get; init; }
    public DateTimeOffset? DeletedAt { get; init; }
    public required MessageStatus Status { get; init; }
    public Cause? Error { get; init; }
    public required DateTimeOffset Timestamp { get; init; }
    public DateTimeOffset? SendAt { get; init; }
    public string? ClientMessageId { get; init; }

    /// <summary>
    /// The call that had it accepted, as W3C <c>traceparent</c>, so that receipts go on with the same trace; null when nobody
    /// followed that call, and in messages that are not ours or of older releases.
    /// </summary>
    public string? Trace { get; init; }
    public IReadOnlyList<StatusChange> Timeline { get; init; } = [];
    public required DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>How far a row of the send queue is.</summary>
public enum QueueState
{
    /// <summary>Waits for its turn.</summary>
    Queued,

    /// <summary>Taken under an epoch; not yet on the wire.</summary>
    Claimed,

    /// <summary>May be on the wire: from here on only ever repeated with the same id and bytes.</summary>
    Handed,
}

/// <summary>One row of a number's send queue.</summary>
public sealed record QueueItem
{
    public required string Number { get; init; }

    /// <summary>The order of acceptance within the number.</summary>
    public required long Sequence { get; init; }
    public required string Chat { get; init; }

    /// <summary>The message it sends, or acts upon.</summary>
    public required string Message { get; init; }
    public required OutboundKind Kind { get; init; }
    public required string WhatsAppId { get; init; }
    public required string Jid { get; init; }
    public QueueState State { get; init; }

    /// <summary>Not before this.</summary>
    public required DateTimeOffset DueAt { get; init; }

    /// <summary>Not after this, unless it was handed before.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The epoch that claimed or handed it.</summary>
    public long Epoch { get; init; }

    /// <summary>How often it was handed to the wire: at most 4 (the first time and three repeats).</summary>
    public int Attempts { get; init; }
    public DateTimeOffset? HandedAt { get; init; }

    /// <summary>
    /// How often it could not leave although the number was connected: at most 3 for a reason that nobody knows, at most 5
    /// because the network did not do what had to be done first.
    /// </summary>
    public int Failures { get; init; }

    /// <summary>The bytes to relay, once built.</summary>
    public byte[]? Prepared { get; init; }

    /// <summary>For a reaction the emoji, for an edit the new text.</summary>
    public string? Argument { get; init; }

    /// <summary>As <see cref="MessageDocument.Trace"/>, of the call that had this row accepted, for whoever sends it.</summary>
    public string? Trace { get; init; }
}
