namespace Loopwave.Numbers;

/// <summary>A number as it is stored: who it is, what is wanted of it, and where its session stands.</summary>
public sealed record NumberDocument
{
    public required string Id { get; init; }
    public required string Label { get; init; }
    public required EngineKind Engine { get; init; }
    public required DesiredState Desired { get; init; }
    public required NumberSession Session { get; init; }

    /// <summary>Digits; kept after unlinking, so that the same phone can take its place again.</summary>
    public string? Phone { get; init; }
    public string? Lid { get; init; }
    public string? PushName { get; init; }
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Its own way to the network; null goes there directly.</summary>
    public NumberProxy? Proxy { get; init; }
    public HistoryProgress History { get; init; } = new(HistoryState.None, null);

    /// <summary>Of groups that have no chat yet, the newest last. A chat takes its own when it begins.</summary>
    public IReadOnlyList<GroupSubject> Subjects { get; init; } = [];

    /// <summary>What was accepted for a device that is linked no more, and so must never be sent.</summary>
    public QueueCut? Cut { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
    public DateTimeOffset? RemovedAt { get; init; }
}

/// <summary>Rows of the send queue that are given up.</summary>
/// <param name="UpTo">The highest sequence among them.</param>
/// <param name="Error">Why, for those that were never on the wire. What became of the others is uncertain.</param>
public sealed record QueueCut(long UpTo, Cause Error);

/// <summary>What a group is called by its people.</summary>
public sealed record GroupSubject(string Jid, string Subject);
