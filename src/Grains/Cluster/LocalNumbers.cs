using System.Collections.Concurrent;
using Loopwave.Numbers;

namespace Loopwave.Cluster;

/// <summary>The numbers that are at work in this process. Numbers tell it themselves; anybody may read it.</summary>
internal sealed class LocalNumbers
{
    private readonly ConcurrentDictionary<string, LocalNumber> _numbers = [];

    public int Count => _numbers.Count;

    public IReadOnlyList<LocalNumber> All => [.. _numbers.Values];

    /// <summary>The same without a copy, for those who only count: what comes and goes meanwhile may be missed.</summary>
    public IEnumerable<LocalNumber> Each() => _numbers.Select(number => number.Value);

    public LocalNumber Came(string id, EngineKind engine)
    {
        var number = new LocalNumber(id, engine);
        _numbers[id] = number;
        return number;
    }

    public void Left(LocalNumber number)
    {
        _numbers.TryRemove(KeyValuePair.Create(number.Id, number));
        number.Leave();
    }
}

/// <summary>One number at work. Written by its grain, read by anybody.</summary>
internal sealed class LocalNumber(string id, EngineKind engine)
{
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile NumberStatus _status;
    private volatile int _queued;
    private volatile bool _isLinking;
    private volatile bool _isInLine;
    private long _waitingSince;

    public string Id => id;

    public EngineKind Engine => engine;

    public NumberStatus Status => _status;

    public int Queued => _queued;

    /// <summary>Somebody stands in front of a code.</summary>
    public bool IsLinking => _isLinking;

    /// <summary>It wants to connect, and the connect budget has it wait.</summary>
    public bool IsInLine => _isInLine;

    /// <summary>Since when the row of its send queue that is longest due has waited to leave; in the future when all are scheduled, null when there is none.</summary>
    public DateTimeOffset? WaitingSince => Interlocked.Read(ref _waitingSince) is not 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>It is at work here no more.</summary>
    public Task HasLeft => _left.Task;

    public void Is(NumberSession session, int queued, DateTimeOffset? waitingSince)
    {
        (_status, _queued, _isLinking, _isInLine) = (
            session.Status, queued, session.Link is not null && !session.Paired, session.State is SessionState.Pending or SessionState.Admitted);
        Interlocked.Exchange(ref _waitingSince, waitingSince?.UtcTicks ?? 0);
    }

    internal void Leave() => _left.TrySetResult();
}
