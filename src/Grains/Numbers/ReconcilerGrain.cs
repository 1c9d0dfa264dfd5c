using Microsoft.Extensions.Logging;

namespace Loopwave.Numbers;

/// <summary>Brings the numbers of one shard (<see cref="NumberRange.OfShard"/>) back to what is wanted of them.</summary>
[Alias("loopwave.reconciler")]
internal interface IReconcilerGrain : IGrainWithIntegerKey
{
    /// <summary>Sees to it that the shard is swept. Returns at once.</summary>
    /// <param name="changed">The membership changed; otherwise it is just time again, and nothing is done soon after a sweep.</param>
    [Alias("wake")]
    [ResponseTimeout("00:00:05")]
    Task Wake(bool changed);
}

/// <summary>
/// A sweep asks every number that is wanted started to make sure that it is; one that is fine answers at once, and the
/// connect budget decides in which order the others connect. It runs beside the calls that wake it, one at a time.
/// </summary>
internal sealed partial class ReconcilerGrain(INumberStore numbers, NumberContext context, ILogger<ReconcilerGrain> logger) : Grain, IReconcilerGrain
{
    // All numbers that a silo leaves behind begin with the same few writes. The more of them begin at once, the fewer wait until others, begun before
    // them, are all the way connected: what is shared has its own order, first come first served.
    private const int AtOnce = 32;

    private static readonly TimeSpan ReadAgainAfter = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(1);

    // An owner that is gone without a word owns its numbers until its lease is over.
    private static readonly TimeSpan TryFor = SiloLease.TimeToLive + TryAgainAfter;

    private readonly CancellationTokenSource _stop = new();
    private readonly SweepTurns _turns = new(context.Options.SweepPeriod, context.Clock);

    private int Shard => (int)this.GetPrimaryKeyLong();

    public Task Wake(bool changed)
    {
        if (_turns.Wake(changed))
        {
            SweepWhileWanted().Ignore();
        }

        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => await _stop.CancelAsync();

    private async Task SweepWhileWanted()
    {
        try
        {
            do
            {
                await Sweep();
            }
            while (_turns.End());
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    private async Task Sweep()
    {
        var began = context.Clock.GetTimestamp();
        var started = await Started();
        var failed = await TryAgain(await Ensure(started));
        LogSwept(logger, Shard, started.Count, context.Clock.GetElapsedTime(began).TotalSeconds, failed.Count);
    }

    private async Task<List<StartedNumber>> Started()
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await numbers.Started(NumberRange.OfShard(Shard), _stop.Token)
                    .Where(number => context.HasEngine(number.Engine)).ToListAsync(_stop.Token);
            }
            catch (Exception exception) when (!_stop.IsCancellationRequested)
            {
                if (attempt == 1)
                {
                    LogNotRead(logger, exception, Shard);
                }

                await Task.Delay(ReadAgainAfter, context.Clock, _stop.Token);
            }
        }
    }

    /// <summary>Asks all of them, a few at once; those that failed, with the reason.</summary>
    private async Task<List<Failure>> Ensure(IEnumerable<StartedNumber> started)
    {
        List<Failure> failed = [];
        HashSet<Task> asked = [];
        foreach (var number in started)
        {
            if (asked.Count == AtOnce)
            {
                asked.Remove(await Task.WhenAny(asked));
            }

            _stop.Token.ThrowIfCancellationRequested();
            asked.Add(Ensure(number, failed));
        }

        await Task.WhenAll(asked);
        return failed;
    }

    // One number must not keep the others down.
    private async Task Ensure(StartedNumber number, List<Failure> failed)
    {
        try
        {
            await GrainFactory.GetGrain<INumberGrain>(number.Id).Ensure();
        }
        catch (Exception exception)
        {
            failed.Add(new Failure(number, exception));
        }
    }

    // Not a whole period later: what stands in the way right after a silo is gone is over within seconds.
    private async Task<List<Failure>> TryAgain(List<Failure> failed)
    {
        // From here: with very many numbers a sweep itself takes longer than that.
        var began = context.Clock.GetTimestamp();
        while (failed.Count > 0 && !_turns.IsWanted)
        {
            if (context.Clock.GetElapsedTime(began) >= TryFor)
            {
                failed.ForEach(GiveUp);
                break;
            }

            await Task.Delay(TryAgainAfter, context.Clock, _stop.Token);
            failed = await Ensure(failed.Select(failure => failure.Number));
        }

        return failed;
    }

    private void GiveUp(Failure failure)
    {
        context.Metrics.NotTaken(failure.Number.Engine);
        LogNotEnsured(logger, failure.Reason, failure.Number.Id);
    }

    private sealed record Failure(StartedNumber Number, Exception Reason);

    [LoggerMessage(LogLevel.Debug, "Shard {Shard}: {Count} numbers looked after in {Seconds:F1} s, {Failed} of them failed")]
    private static partial void LogSwept(ILogger logger, int shard, int count, double seconds, int failed);

    [LoggerMessage(LogLevel.Warning, "Shard {Shard}: the numbers could not be read; this is tried again until it works")]
    private static partial void LogNotRead(ILogger logger, Exception exception, int shard);

    [LoggerMessage(LogLevel.Warning, "Number {Number} could not be looked after; the next sweep tries again")]
    private static partial void LogNotEnsured(ILogger logger, Exception exception, string number);
}
