using Microsoft.Extensions.Logging;

namespace Loopwave.Sandbox;

/// <summary>
/// Everything of the simulated network that happens later: one queue and one timer for the whole process, so that a
/// number at rest costs nothing. Counts on the clock that only moves forward, so a changed wall clock delays nothing.
/// Actions are short and run one after the other, in the order they fall due.
/// </summary>
internal sealed partial class SandboxAgenda : IDisposable
{
    private readonly PriorityQueue<Action, (long Due, long Order)> _queue = new();
    private readonly Lock _gate = new();
    private readonly TimeProvider _clock;
    private readonly ILogger<SandboxAgenda> _logger;
    private readonly ITimer _timer;
    private long _order;
    private long _armedFor = long.MaxValue;
    private bool _disposed;

    public SandboxAgenda(TimeProvider clock, ILogger<SandboxAgenda> logger)
    {
        _clock = clock;
        _logger = logger;
        _timer = clock.CreateTimer(_ => Run(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How many actions wait.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _queue.Count;
            }
        }
    }

    public void In(TimeSpan delay, Action action)
    {
        lock (_gate)
        {
            var due = _clock.GetTimestamp() + (long)(Math.Max(0, delay.TotalSeconds) * _clock.TimestampFrequency);
            _queue.Enqueue(action, (due, _order++));
            Arm();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _queue.Clear();
        }

        _timer.Dispose();
    }

    private void Run()
    {
        while (Next() is { } action)
        {
            try
            {
                action();
            }
            catch (Exception e)
            {
                LogFailed(e);
            }
        }
    }

    private Action? Next()
    {
        lock (_gate)
        {
            if (_queue.TryPeek(out _, out var first) && first.Due <= _clock.GetTimestamp())
            {
                return _queue.Dequeue();
            }

            _armedFor = long.MaxValue;
            Arm();
            return null;
        }
    }

    private void Arm()
    {
        if (_disposed || !_queue.TryPeek(out _, out var first) || first.Due >= _armedFor)
        {
            return;
        }

        _armedFor = first.Due;
        var wait = _clock.GetElapsedTime(_clock.GetTimestamp(), first.Due);
        if (wait <= TimeSpan.Zero)
        {
            // Never on the caller's own stack: it may hold a lock.
            ThreadPool.UnsafeQueueUserWorkItem(static agenda => agenda.Run(), this, preferLocal: false);
            return;
        }

        // Timers count in whole milliseconds; rounding up keeps one from firing just before its time, over and over.
        _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
    }

    [LoggerMessage(LogLevel.Error, "An action of the simulated network failed")]
    private partial void LogFailed(Exception exception);
}
