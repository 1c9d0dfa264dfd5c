using System.Text.Json.Serialization;

namespace Loopwave.Numbers;

/// <summary>Where a number stands, in the four documented words.</summary>
[Alias("loopwave.number-status")]
public enum NumberStatus
{
    Ready,
    Connecting,
    Disconnected,
    LoggedOut,
}

/// <summary>What the status alone does not say.</summary>
[Alias("loopwave.number-detail")]
public enum NumberDetail
{
    /// <summary>A QR or pairing code is on screen (logged out), or was just scanned (connecting).</summary>
    Linking,

    /// <summary>An admin paused the number; its credentials are kept.</summary>
    Stopped,

    /// <summary>WhatsApp restricted the account; <c>until</c> tells for how long where that is known.</summary>
    Restricted,
}

/// <summary>What an admin wants of a number. Restored after every restart.</summary>
[Alias("loopwave.desired-state")]
public enum DesiredState
{
    Started,
    Stopped,
}

/// <summary>How far the import of older messages is.</summary>
[Alias("loopwave.history-state")]
public enum HistoryState
{
    None,
    Syncing,
    Done,
}

/// <summary>A number, as the API and events show it.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.number-view")]
public sealed record NumberView
{
    [Id(0)] public required string Id { get; init; }
    [Id(1)] public required string Label { get; init; }
    [Id(2)] public required EngineKind Engine { get; init; }

    /// <summary>Digits with country code; null while not linked.</summary>
    [Id(3)] public string? Phone { get; init; }
    [Id(4)] public string? PushName { get; init; }
    [Id(5)] public required NumberStatus Status { get; init; }
    [Id(6)] public NumberDetail? Detail { get; init; }
    [Id(7)] public Cause? Reason { get; init; }
    [Id(8)] public required DateTimeOffset Since { get; init; }

    /// <summary>When a restriction ends, where known.</summary>
    [Id(9)] public DateTimeOffset? Until { get; init; }

    /// <summary>How many attempts to connect failed since the number was last stable.</summary>
    [Id(10)] public int Attempt { get; init; }
    [Id(11)] public DateTimeOffset? NextAttemptAt { get; init; }
    [Id(12)] public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The proxy that a WhatsApp number goes through, without its password; null where it goes directly.</summary>
    [Id(18)] public string? Proxy { get; init; }
    [Id(13)] public DateTimeOffset? RemovedAt { get; init; }
    [Id(14)] public NumberCounters Counters { get; init; } = new(0, 0, 0);
    [Id(15)] public HistoryProgress History { get; init; } = new(HistoryState.None, null);
    [Id(16)] public required DateTimeOffset CreatedAt { get; init; }
    [Id(17)] public required DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>A number with its last 200 transitions, newest first.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.number-details")]
public sealed record NumberDetails(
    [property: Id(0)] NumberView Number,
    [property: Id(1)] IReadOnlyList<NumberTransition> Timeline);

/// <summary>One change of a number's status.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.number-transition")]
public sealed record NumberTransition(
    [property: Id(0)] NumberStatus Status,
    [property: Id(1)] NumberDetail? Detail,
    [property: Id(2)] Cause? Reason,
    [property: Id(3)] DateTimeOffset At);

/// <summary>What a number did today (by the clock of UTC days) and what waits in its queue.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.number-counters")]
public sealed record NumberCounters(
    [property: Id(0)] int ReceivedToday,
    [property: Id(1)] int SentToday,
    [property: Id(2)] int Queued);

/// <summary>Progress of the import of older messages; <paramref name="Percent"/> is 0 to 100 where known.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.history-progress")]
public sealed record HistoryProgress(
    [property: Id(0)] HistoryState State,
    [property: Id(1)] int? Percent,
    [property: Id(2), JsonIgnore] Cause? Reason = null);

/// <summary>A linking attempt: what to show on screen, and until when.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.link-view")]
public sealed record LinkView
{
    [Id(0)] public required NumberStatus Status { get; init; }
    [Id(1)] public NumberDetail? Detail { get; init; }
    [Id(2)] public Cause? Reason { get; init; }

    /// <summary>The text of the QR code to scan.</summary>
    [Id(3)] public string? Qr { get; init; }

    /// <summary>The eight characters to type on the phone.</summary>
    [Id(4)] public string? Code { get; init; }

    /// <summary>When the code on screen runs out; a new one follows by itself until the attempt ends.</summary>
    [Id(5)] public DateTimeOffset? ExpiresAt { get; init; }
}
