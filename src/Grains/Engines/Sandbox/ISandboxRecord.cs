namespace Loopwave.Sandbox;

/// <summary>
/// What the simulated servers and phones remember. It outlives our process as real servers would, so a test can ask it
/// what really happened. Everything in it is placed by a rising order, drawn by the caller: no number is drawn twice, and those
/// of one number rise, whichever process draws them.
/// Writes are durable against the end of the process when they return; one number's writes are applied in the order of the
/// calls. Throws <see cref="Deployment.StorageUnavailableException"/> when nothing can be stored.
/// </summary>
public interface ISandboxRecord
{
    /// <summary>
    /// A process begins. Where the data can have only one, this ends the connections that an earlier process left open. The
    /// orders that are its own from now on.
    /// </summary>
    Task<SandboxOrders> Begin(DateTimeOffset at);

    /// <summary>The account of a number, and how much mail waits for it. Sees all writes called before.</summary>
    Task<SandboxStored> Load(string number);

    /// <summary>Mail that was not acknowledged, by due time and order. Sees all writes called before.</summary>
    Task<IReadOnlyList<SandboxMail>> Waiting(string number);

    /// <summary>A number whose account has this phone, linked or not; null when there is none.</summary>
    Task<string?> NumberOf(string phone);

    /// <summary>Atomic: the account as it stands, and mail that comes with the change.</summary>
    Task Save(SandboxAccount account, IReadOnlyList<SandboxMail> mail);

    Task Post(IReadOnlyList<SandboxMail> mail);

    /// <summary>
    /// Atomic: notes one arrival of a message of ours and stores what it leads to. <paramref name="first"/> is stored
    /// once in the life of a message, <paramref name="repeat"/> on every later arrival; with both null the arrival is
    /// noted and a later one may still be the first that is answered. True when <paramref name="first"/> was stored.
    /// </summary>
    Task<bool> Receive(SandboxArrivalRow arrival, IReadOnlyList<SandboxMail>? first, IReadOnlyList<SandboxMail>? repeat);

    /// <summary>The number has this mail for good. Messages stay in the record, the rest is deleted.</summary>
    Task Forget(string number, IReadOnlyList<long> orders, DateTimeOffset at);

    Task MarkRead(string number, IReadOnlyList<string> whatsAppIds, DateTimeOffset at);

    /// <summary>
    /// A connection begins, unless a later one was here first. Those of a number are decided one after the other, whichever process
    /// they belong to, so one stands at most: it ends the one before it, where that is still open. One that does not stand is not noted.
    /// </summary>
    Task<SandboxOpening> Opened(SandboxConnectionRow connection);

    Task Ended(string number, long connection, long order, DateTimeOffset at, string how);

    /// <summary>Arrivals after <paramref name="after"/> in order, at most <paramref name="limit"/>.</summary>
    /// <param name="chat">Only of this chat in its phone form; null for all.</param>
    Task<IReadOnlyList<SandboxSent>> Sent(string number, string? chat, long after, int limit);

    Task<IReadOnlyList<SandboxInbound>> Inbound(string number, long after, int limit);

    Task<IReadOnlyList<SandboxConnectionView>> Connections(string number, long after, int limit);

    /// <summary>Deletes what is done and older than this: acknowledged mail, arrivals, ended connections.</summary>
    Task Prune(DateTimeOffset before);
}

/// <summary>What becomes of a connection that begins.</summary>
public enum SandboxOpening
{
    /// <summary>The number has it from now on.</summary>
    Stands,

    /// <summary>A later one was here first, under a higher epoch or order.</summary>
    Replaced,

    /// <summary>
    /// Nobody was later, but what an earlier owner did has a higher order. Whoever loads the number again draws one that is high enough.
    /// </summary>
    Behind,
}

/// <summary>Which orders a process draws: the numbers a multiple of <paramref name="Step"/> above <paramref name="After"/>.</summary>
public readonly record struct SandboxOrders(long After, long Step = 1)
{
    /// <summary>Other processes write to the record too, so what one has read can be old.</summary>
    public bool AreShared => Step > 1;
}

/// <param name="Account">Null when the network never heard of the number.</param>
/// <param name="Highest">The highest order of the number that another process can have drawn; 0 where there is none.</param>
public sealed record SandboxStored(SandboxAccount? Account, int Waiting, long Highest = 0);

/// <summary>An event that the servers keep until the number has it.</summary>
/// <param name="DueAt">Not to be delivered before; at the earliest <paramref name="At"/>.</param>
/// <param name="WhatsAppId">Set for messages.</param>
/// <param name="Body">The event, see <see cref="SandboxEvents"/>.</param>
public sealed record SandboxMail(
    string Number,
    long Order,
    DateTimeOffset At,
    DateTimeOffset DueAt,
    string? WhatsAppId,
    string? Jid,
    byte[] Body);

/// <summary>One arrival of a message of ours at the servers.</summary>
/// <param name="Chat">The chat in its phone form.</param>
/// <param name="Hash">SHA-256 of the bytes, in hex.</param>
public sealed record SandboxArrivalRow(
    string Number,
    string WhatsAppId,
    string Jid,
    string Chat,
    string Kind,
    string? Text,
    long Order,
    long Connection,
    long Epoch,
    DateTimeOffset At,
    string Hash);

/// <param name="Host">The process it belongs to.</param>
public sealed record SandboxConnectionRow(long Id, string Number, long Epoch, string Host, DateTimeOffset At);

/// <summary>A number as the simulated servers and its phone know it.</summary>
public sealed record SandboxAccount
{
    public required string Number { get; init; }

    /// <summary>Digits; null until first linked.</summary>
    public string? Phone { get; init; }
    public string? Lid { get; init; }
    public string? PushName { get; init; }

    /// <summary>What the linked device must show at login; null while none is linked.</summary>
    public byte[]? DeviceKey { get; init; }

    /// <summary>How often a device was linked.</summary>
    public int Links { get; init; }
    public SandboxFaults Faults { get; init; } = SandboxFaults.None;
    public bool? AutoLink { get; init; }

    /// <summary>The older chats on the phone; null for what the options say.</summary>
    public SandboxHistory? History { get; init; }

    /// <summary>The time that history ends at.</summary>
    public DateTimeOffset? HistoryAt { get; init; }
}
