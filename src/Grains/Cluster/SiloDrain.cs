using Loopwave.Deployment;
using Loopwave.Numbers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Loopwave.Cluster;

/// <summary>Hands the numbers of this silo over to others, one after the other, no faster than they can connect there.</summary>
public interface ISiloDrain
{
    /// <summary>
    /// Drains until no number is left, there is nobody to take one, or <paramref name="stop"/>: for a silo that is about to
    /// stop.
    /// </summary>
    Task Finish(CancellationToken stop);
}

/// <inheritdoc cref="ISiloDrain"/>
internal sealed partial class SiloDrain(
    LocalNumbers numbers,
    NumberMoves moves,
    ISiloStore silos,
    SiloChoice choice,
    ILocalSiloDetails self,
    IOptions<NumberOptions> options,
    TimeProvider clock,
    ILogger<SiloDrain> logger) : ISiloDrain, IDisposable
{
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(0.5);

    // Whoever is there reports within five seconds.
    private static readonly TimeSpan SilentFor = TimeSpan.FromSeconds(6);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _ended = new();
    private CancellationTokenSource? _draining;
    private bool _isStopping;
    private volatile bool _isUnanswered;
    private Task _run = Task.CompletedTask;

    public SiloState State
    {
        get
        {
            lock (_lock)
            {
                return _draining is null ? SiloState.Active : numbers.Count > 0 ? SiloState.Draining : SiloState.Drained;
            }
        }
    }

    /// <summary>It drains to end.</summary>
    public bool IsStopping
    {
        get
        {
            lock (_lock)
            {
                return _isStopping;
            }
        }
    }

    /// <summary>What an operator wants; said again and again.</summary>
    public void IsWanted(bool drain)
    {
        lock (_lock)
        {
            if (drain && _draining is null)
            {
                _draining = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token);
                _run = Run(_draining.Token);
            }
            else if (!drain && _draining is not null)
            {
                CallOff(_draining.Token);
            }
        }
    }

    public async Task Finish(CancellationToken stop)
    {
        lock (_lock)
        {
            _isStopping = true;
        }

        IsWanted(true);
        try
        {
            await KeepOthersAway(stop);
            while (numbers.Count > 0 && await HaveSomewhereToGo(stop))
            {
                await Task.Delay(LookAgainAfter, clock, stop);
            }
        }
        catch (Exception exception)
        {
            LogLeft(logger, exception is OperationCanceledException ? null : exception, numbers.Count);
        }

        await _ended.CancelAsync();
        await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => _ended.Dispose();

    // Only the drain that was looked at: another one can have been wanted since.
    private void CallOff(CancellationToken drain)
    {
        lock (_lock)
        {
            if (_draining is not null && _draining.Token == drain && !_isStopping)
            {
                _draining.Cancel();
                _draining = null;
            }
        }
    }

    // So that nobody sends a number here from now on. Storage that is away for a moment is no reason to end without handing over.
    private async Task KeepOthersAway(CancellationToken stop)
    {
        while (true)
        {
            try
            {
                await silos.Drain(self.SiloAddress.ToParsableString(), true).WaitAsync(stop);
                return;
            }
            catch (StorageUnavailableException) when (!stop.IsCancellationRequested)
            {
                if (moves.AreAlone)
                {
                    return;
                }

                await Task.Delay(LookAgainAfter, clock, stop);
            }
            catch (Exception exception) when (!stop.IsCancellationRequested)
            {
                LogNotTold(logger, exception);
                return;
            }
        }
    }

    // What this silo heard last can be some seconds old: meanwhile another one may take numbers again. And one that is not heard of now
    // can be there all the same: after an outage of storage all reports are out of date until each has been told anew.
    private async Task<bool> HaveSomewhereToGo(CancellationToken stop)
    {
        long? since = null;
        while (!moves.HaveSomewhereToGo)
        {
            if (moves.AreAlone)
            {
                return false;
            }

            if (await Look(stop) is not { } reports)
            {
                since = null;
            }
            else
            {
                choice.Learn(reports);
                since ??= clock.GetTimestamp();
                if (!moves.MayHaveSomewhereToGo || clock.GetElapsedTime(since.Value) >= SilentFor)
                {
                    return moves.HaveSomewhereToGo;
                }
            }

            await Task.Delay(LookAgainAfter, clock, stop);
        }

        return true;
    }

    private async Task Run(CancellationToken stop)
    {
        LogBegan(logger, numbers.Count);
        try
        {
            // Until it is called off: a number may still have been on its way here.
            while (true)
            {
                if (numbers.All is { Count: > 0 } all && await IsStillWanted(stop))
                {
                    await Task.WhenAll(all.GroupBy(number => number.Engine).Select(group => HandOver(group.Key, [.. group], stop)));
                }

                await Task.Delay(LookAgainAfter, clock, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            LogEnded(logger, numbers.Count);
        }
    }

    // The others see at once that this silo may take numbers again, and hand it theirs: those must not be sent away before it hears so itself.
    private async Task<bool> IsStillWanted(CancellationToken stop)
    {
        if (IsStopping)
        {
            return true;
        }

        // Without an answer no number could be taken elsewhere now either.
        if (await Look(stop) is not { } reports)
        {
            return false;
        }

        var own = self.SiloAddress.ToParsableString();
        var isCalledOff = reports.Any(report => report.Silo == own && report.State is SiloState.Active);
        if (isCalledOff)
        {
            CallOff(stop);
        }

        return !isCalledOff;
    }

    // What the silos say; null when there is no answer.
    private async Task<IReadOnlyList<SiloReport>?> Look(CancellationToken stop)
    {
        try
        {
            var reports = await silos.Reports().WaitAsync(stop);
            _isUnanswered = false;
            return reports;
        }
        catch (Exception exception)
        {
            stop.ThrowIfCancellationRequested();

            // Once; and of an outage of storage, storage says what there is to say.
            if (exception is not StorageUnavailableException && !_isUnanswered)
            {
                LogNotLearned(logger, exception);
                _isUnanswered = true;
            }

            return null;
        }
    }

    // Busy ones last, whose queues go on emptying meanwhile, and then those that somebody is linking.
    private Task HandOver(EngineKind engine, IReadOnlyList<LocalNumber> group, CancellationToken stop) =>
        moves.Pace(options.Value.ConnectIntervalOf(engine), [.. group.OrderBy(number => number.IsLinking).ThenBy(number => number.Queued)], HandOver, stop);

    private async Task HandOver(LocalNumber number, CancellationToken stop)
    {
        try
        {
            await moves.ToLeast(number, stop);
        }
        catch (Exception exception)
        {
            if (!stop.IsCancellationRequested)
            {
                LogStays(logger, exception, number.Id);
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "The silo drains: {Count} numbers go to others")]
    private static partial void LogBegan(ILogger logger, int count);

    [LoggerMessage(LogLevel.Information, "The silo drains no more; {Count} numbers are here")]
    private static partial void LogEnded(ILogger logger, int count);

    [LoggerMessage(LogLevel.Warning, "The silo cannot ask how the others are; this is tried again")]
    private static partial void LogNotLearned(ILogger logger, Exception exception);

    [LoggerMessage(LogLevel.Warning, "The others cannot be told that the silo ends: what they send it meanwhile is handed over, too")]
    private static partial void LogNotTold(ILogger logger, Exception exception);

    [LoggerMessage(LogLevel.Warning, "The silo stops before all of its numbers were handed over; {Count} come back on the others by themselves")]
    private static partial void LogLeft(ILogger logger, Exception? exception, int count);

    [LoggerMessage(LogLevel.Warning, "Number {Number} was not handed over yet; this is tried again")]
    private static partial void LogStays(ILogger logger, Exception exception, string number);
}
