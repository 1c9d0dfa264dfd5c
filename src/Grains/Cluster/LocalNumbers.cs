using System.Collections.Concurrent;
using Loopwave.Numbers;

namespace Loopwave.Cluster;

/// <summary>The numbers that are at work in this process. Numbers tell it themselves; anybody may read it.</summary>
internal sealed class LocalNumbers
{
    private readonly ConcurrentDictionary<string, LocalNumber> _numbers = [];

    public int Count => _numbers.Count;

    public IReadOnlyList<LocalNumber> All => [.. _numbers.Values];

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

    public string Id => id;

    public EngineKind Engine => engine;

    public NumberStatus Status => _status;

    public int Queued => _queued;

    /// <summary>Somebody stands in front of a code.</summary>
    public bool IsLinking => _isLinking;

    /// <summary>It is at work here no more.</summary>
    public Task HasLeft => _left.Task;

    public void Is(NumberStatus status, int queued, bool isLinking) => (_status, _queued, _isLinking) = (status, queued, isLinking);

    internal void Leave() => _left.TrySetResult();
}
