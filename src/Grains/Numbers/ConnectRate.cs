namespace Loopwave.Numbers;

/// <summary>
/// How many connects there may be at a time, counted from those there really were: late timers must not make up for what
/// they missed. In any second no more than fit into one; at intervals above a second, one in each interval.
/// </summary>
internal sealed class ConnectRate
{
    private readonly int _most;
    private readonly Queue<long> _connects = [];

    public ConnectRate(TimeSpan interval, long frequency)
    {
        // Rounded up: what the timer cannot express must not become a little more than is allowed.
        var ticks = Math.Max(1, (long)Math.Ceiling(interval.TotalSeconds * frequency));
        Window = Math.Max(frequency, ticks);
        _most = (int)Math.Min(Window / ticks, int.MaxValue);
        Step = (Window + _most - 1) / _most;
    }

    /// <summary>What is counted in one go, in ticks of the clock.</summary>
    public long Window { get; }

    /// <summary>Between two connects that are evenly spread.</summary>
    public long Step { get; }

    /// <summary>When there may be another one.</summary>
    public long FreeAt(long now)
    {
        while (_connects.TryPeek(out var oldest) && now - oldest >= Window)
        {
            _connects.Dequeue();
        }

        return _connects.Count < _most ? now : _connects.Peek() + Window;
    }

    public int CountSince(long time) => _connects.Count(connect => connect > time);

    public void Take(long now) => _connects.Enqueue(now);
}
