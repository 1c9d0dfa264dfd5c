namespace Loopwave.Chaos.Load;

/// <summary>
/// Begins something so many times a second, whatever became of the times before: a slow product is not spared. No more than
/// <paramref name="most"/> are under way at once; beyond that a turn is left out, and counted.
/// </summary>
/// <param name="ramp">How long it takes from nothing to the full rate.</param>
/// <param name="failed">Told what an act threw.</param>
internal sealed class OpenLoop(double perSecond, TimeSpan ramp, int most, Action<Exception> failed, TimeProvider clock) : IDisposable
{
    private readonly SemaphoreSlim _room = new(most, most);
    private int _leftOut;

    public int LeftOut => _leftOut;

    /// <param name="act">Given the moment that it was due; false when there was nothing to do.</param>
    /// <returns>When all that was begun has ended, after <paramref name="stop"/>.</returns>
    public async Task Run(Func<DateTimeOffset, Task<bool>> act, CancellationToken stop)
    {
        var (begin, beginAt) = (clock.GetTimestamp(), clock.GetUtcNow());
        try
        {
            for (long turn = 0; ; turn++)
            {
                var due = DueAt(turn);
                if (due - clock.GetElapsedTime(begin) is { Ticks: > 0 } early)
                {
                    await Task.Delay(early, clock, stop);
                }

                stop.ThrowIfCancellationRequested();
                if (_room.Wait(0, CancellationToken.None))
                {
                    Act(act, beginAt + due).Ignore();
                }
                else
                {
                    Interlocked.Increment(ref _leftOut);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            for (var i = 0; i < most; i++)
            {
                await _room.WaitAsync(CancellationToken.None);
            }
        }
    }

    public void Dispose() => _room.Dispose();

    /// <summary>When a turn is due, from the beginning: while the rate grows the turns lie on a parabola, and then on a line.</summary>
    internal TimeSpan DueAt(long turn)
    {
        var inRamp = perSecond * ramp.TotalSeconds / 2;
        return TimeSpan.FromSeconds(turn < inRamp
            ? Math.Sqrt(2 * turn * ramp.TotalSeconds / perSecond)
            : (ramp.TotalSeconds / 2) + (turn / perSecond));
    }

    private async Task Act(Func<DateTimeOffset, Task<bool>> act, DateTimeOffset due)
    {
        try
        {
            if (!await act(due))
            {
                Interlocked.Increment(ref _leftOut);
            }
        }
        catch (Exception exception)
        {
            failed(exception);
        }
        finally
        {
            _room.Release();
        }
    }
}
