using Loopwave.Chats;
using Loopwave.Contacts;
using Loopwave.Engines;
using Loopwave.Media;
using Loopwave.Messages;

namespace Loopwave.Numbers;

/// <summary>
/// Everything durable about numbers. All writes of one number go through <see cref="Commit"/>, by the owner of its
/// current epoch and nobody else.
/// </summary>
public interface INumberStore
{
    /// <summary>Atomic: the number, its first transition, its ownership row at epoch 0 and the idempotency row.</summary>
    Task<CommitResult> Create(NumberDocument number, TimelineEntry first, IdempotencyRecord? idempotency);

    /// <summary>The number as it is stored, with where its counters stand; null when there is none.</summary>
    Task<StoredNumber?> Load(string number);

    /// <summary>
    /// Atomic: all of <paramref name="changes"/> or nothing. Refused with <see cref="CommitResult.StaleEpoch"/> unless
    /// the number's epoch is exactly the one given. Commits given with one lane are applied in the order given, and once
    /// one of them failed with an exception, all later ones of that lane fail too, so nothing is built on what was lost.
    /// </summary>
    Task<CommitResult> Commit(NumberChanges changes, CommitLane lane);

    /// <summary>Rows of the send queue in order of <c>Sequence</c>, from above <paramref name="after"/>, at most <paramref name="limit"/>.</summary>
    Task<IReadOnlyList<QueueItem>> Queue(string number, long after, int limit);

    /// <summary>Which network a number speaks to; null when there is no such number. Never changes, so it may be cached.</summary>
    Task<EngineKind?> Engine(string number);

    /// <summary>How many rows the send queue has.</summary>
    Task<int> QueueLength(string number);

    /// <summary>Transitions, newest first, at most 200.</summary>
    Task<IReadOnlyList<TimelineEntry>> Timeline(string number);

    /// <summary>
    /// Oldest first, or by change with <c>UpdatedAfter</c>; filtered by <see cref="StoredNumber.Status"/>. A cursor of
    /// another list or filter is an <see cref="InvalidCursorException"/>.
    /// </summary>
    Task<Page<StoredNumber>> List(NumberQuery query);

    /// <summary>The oldest number that is ready; a sandbox number only while there is no WhatsApp number at all.</summary>
    Task<string?> FirstReady(Access access);

    /// <summary>
    /// Those numbers of a range that have something to do without being asked, in order of their ids: that are wanted started
    /// and not removed, have a device to log out, or have rows in the send queue.
    /// </summary>
    IAsyncEnumerable<StartedNumber> Started(NumberRange range, CancellationToken cancellationToken);

    /// <summary>The number, other than this one and not removed, that this phone (digits) is linked to on the same network; null when there is none.</summary>
    Task<string?> LinkedElsewhere(string number, EngineKind engine, string phone);

    /// <summary>What a request under this key did before; null when it was never made or is over 24 hours old.</summary>
    Task<IdempotencyRecord?> FindIdempotent(string scope, string key);
}

/// <summary>A number that is to be running.</summary>
public sealed record StartedNumber(string Id, EngineKind Engine);

/// <summary>Orders the commits of one activation; a new one is made after a failed commit.</summary>
public sealed class CommitLane
{
    private volatile bool _broken;

    public bool IsBroken => _broken;

    public void Break() => _broken = true;
}

public enum CommitResult
{
    Committed,

    /// <summary>The number belongs to a later epoch; nothing was written.</summary>
    StaleEpoch,

    /// <summary>A message, idempotency key, address or version of a contact is there already; nothing was written.</summary>
    Duplicate,
}

/// <summary>A number as it is stored.</summary>
/// <param name="Sequence">The highest sequence number ever taken for queue rows and events of this number.</param>
/// <param name="OwnerAlive">Somebody with a live lease owns the number; otherwise its status is only what it was.</param>
public sealed record StoredNumber(
    NumberDocument Document,
    long Epoch,
    long Sequence,
    DayCounters Day,
    int Queued,
    bool OwnerAlive)
{
    /// <summary>The status to show, and to list by: what a process that is gone last wrote of a connection is history.</summary>
    public NumberStatus Status =>
        !OwnerAlive && Document.Session.Status is (NumberStatus.Ready or NumberStatus.Connecting) ? NumberStatus.Disconnected : Document.Session.Status;
}

/// <summary>What a number did on one day of UTC.</summary>
public sealed record DayCounters(DateOnly Day, int Received, int Sent)
{
    public static DayCounters None { get; } = new(DateOnly.MinValue, 0, 0);

    /// <summary>The same on its own day, zero on a later one. A clock that jumped back reopens no finished day.</summary>
    public DayCounters On(DateOnly today) => today > Day ? new(today, 0, 0) : this;
}

/// <summary>Which numbers to list.</summary>
public sealed record NumberQuery(NumberStatus? Status, PageRequest Page, Access Access);

/// <summary>One atomic change of a number and everything of it.</summary>
public sealed record NumberChanges
{
    public required string Number { get; init; }
    public required long Epoch { get; init; }

    /// <summary>The highest sequence number taken so far; never stored lower than it was.</summary>
    public required long Sequence { get; init; }

    /// <summary>The number as it stands afterwards; null when unchanged.</summary>
    public NumberDocument? Document { get; init; }
    public DayCounters? Day { get; init; }

    /// <summary>New transitions; only the newest 200 are kept.</summary>
    public IReadOnlyList<TimelineEntry> Timeline { get; init; } = [];

    /// <summary>Addresses that now belong to a party. Refused as duplicate when one belongs to another party.</summary>
    public IReadOnlyList<PartyAlias> Aliases { get; init; } = [];

    /// <summary>Parties that turned out to be one.</summary>
    public IReadOnlyList<PartyMerge> Merges { get; init; } = [];

    /// <summary>Chats as they stand afterwards, new or changed.</summary>
    public IReadOnlyList<ChatDocument> Chats { get; init; } = [];

    /// <summary>
    /// Contacts as they stand afterwards, each once. All numbers write them: refused as duplicate unless the stored one has
    /// the version before, or there is none and the version is 1. A party has one contact that is not merged.
    /// </summary>
    public IReadOnlyList<ContactDocument> Contacts { get; init; } = [];

    /// <summary>Messages that must not exist yet: one per number, canonical chat, sender and network id.</summary>
    public IReadOnlyList<MessageDocument> NewMessages { get; init; } = [];

    /// <summary>Messages as they stand afterwards.</summary>
    public IReadOnlyList<MessageDocument> ChangedMessages { get; init; } = [];
    public IReadOnlyList<QueueItem> Enqueued { get; init; } = [];

    /// <summary>Queue rows as they stand afterwards.</summary>
    public IReadOnlyList<QueueItem> ChangedQueue { get; init; } = [];

    /// <summary>Sequences of queue rows that are done.</summary>
    public IReadOnlyList<long> Dequeued { get; init; } = [];

    /// <summary>Bytes that are handed to the network now.</summary>
    public IReadOnlyList<SentBytes> Sent { get; init; } = [];
    public IReadOnlyList<MediaDocument> Media { get; init; } = [];
    public IReadOnlyList<OutboxEvent> Events { get; init; } = [];
    public IReadOnlyList<IdempotencyRecord> Idempotency { get; init; } = [];
}

/// <summary>One transition of a number; <paramref name="Sequence"/> is taken from the number's sequence.</summary>
public sealed record TimelineEntry(string Number, long Sequence, NumberTransition Transition);

/// <summary>A request that was carried out.</summary>
/// <param name="Result">The id of what it made.</param>
public sealed record IdempotencyRecord(IdempotencyKey Key, string Result, DateTimeOffset At);

/// <summary>An event for webhooks, with its body as it will be sent on every attempt.</summary>
/// <param name="Sequence">Per number, rising.</param>
/// <param name="Body">UTF-8 JSON: <c>{ event, data, timestamp }</c>.</param>
public sealed record OutboxEvent(
    string Id,
    string Number,
    string? Chat,
    long Sequence,
    string Event,
    byte[] Body,
    DateTimeOffset At);
