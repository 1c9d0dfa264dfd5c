using Loopwave.Numbers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Loopwave.Cluster;

/// <summary>
/// Gives numbers away when this silo has noticeably more than its share, as it has after another one has joined: once a sweep
/// period, few at a time, only numbers with nothing to send, and not while many of this silo connect or have messages to send.
/// </summary>
internal sealed partial class NumberBalance(
    LocalNumbers numbers, NumberMoves moves, IOptions<NumberOptions> options, TimeProvider clock, ILogger<NumberBalance> logger)
{
    // Of the connects there may be until the next time: the rest is for numbers that come back.
    private const double ShareOfBudget = 0.1;
    private const int MostWithoutBudget = 500;

    // Moving costs what sending needs then, and an uneven share can wait for a quiet minute.
    private const double PeakShare = 0.25;

    private long _checked = clock.GetTimestamp();
    private Task _moving = Task.CompletedTask;

    /// <summary>How many to give away.</summary>
    internal static int Surplus(int own, IReadOnlyCollection<int> active)
    {
        var mean = active.Average();
        return own > (mean * 1.1) + 5 ? (int)(own - mean) : 0;
    }

    /// <summary>So many numbers have something to send that they had better not be moved.</summary>
    internal static bool IsPeak(int sending, int all) => sending > 5 + (all * PeakShare);

    /// <summary>Looks whether it is time and called for; what is to go goes beside the caller.</summary>
    public void Check(IReadOnlyCollection<SiloReport> reports, CancellationToken stop)
    {
        if (!_moving.IsCompleted || clock.GetElapsedTime(_checked) < options.Value.SweepPeriod)
        {
            return;
        }

        _checked = clock.GetTimestamp();
        var active = reports.Where(report => report.State is SiloState.Active).Select(report => report.Count).ToList();
        var all = numbers.All;
        if (active.Count > 1 && !AreComingBack(all) && !IsPeak(all.Count(number => number.Queued > 0), all.Count) && Surplus(all.Count, active) is > 0 and var surplus)
        {
            _moving = Move(all, surplus, active.Count(count => Surplus(count, active) > 0), stop);
        }
    }

    // Many of them; a few always are, such as those behind a proxy that is away.
    private static bool AreComingBack(IReadOnlyList<LocalNumber> all) => all.Count(number => number.Status is NumberStatus.Connecting) > 5 + (all.Count / 20);

    private static bool IsIdle(LocalNumber number) => number.Queued == 0 && !number.IsLinking;

    // The others that have too many give away at the same time.
    private async Task Move(IReadOnlyList<LocalNumber> all, int surplus, int givers, CancellationToken stop)
    {
        var idle = all.Where(IsIdle).ToList();
        LogMoves(logger, all.Count, surplus);
        try
        {
            foreach (var group in idle.GroupBy(number => number.Engine))
            {
                var interval = options.Value.ConnectIntervalOf(group.Key);
                var pause = interval / ShareOfBudget * givers;
                var most = interval > TimeSpan.Zero ? (int)Math.Max(1, options.Value.SweepPeriod / pause) : MostWithoutBudget;
                var share = (int)Math.Ceiling((double)surplus * group.Count() / idle.Count);
                await moves.Pace(pause, [.. group.Take(Math.Min(share, most))], Give, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopping.
        }
        catch (Exception exception)
        {
            LogStopped(logger, exception);
        }
    }

    private async Task Give(LocalNumber number, CancellationToken stop)
    {
        try
        {
            if (IsIdle(number))
            {
                await moves.ToLeast(number, stop);
            }
        }
        catch (Exception exception) when (!stop.IsCancellationRequested)
        {
            LogNotMoved(logger, exception, number.Id);
        }
    }

    [LoggerMessage(LogLevel.Information, "This silo has {Count} numbers, {Surplus} more than its share, and gives some away")]
    private static partial void LogMoves(ILogger logger, int count, int surplus);

    [LoggerMessage(LogLevel.Warning, "Number {Number} was given away, and not seen to be taken yet")]
    private static partial void LogNotMoved(ILogger logger, Exception exception, string number);

    [LoggerMessage(LogLevel.Warning, "Numbers could not be given away; this is tried again in a minute")]
    private static partial void LogStopped(ILogger logger, Exception exception);
}
