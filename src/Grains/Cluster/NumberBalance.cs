using Loopwave.Numbers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Loopwave.Cluster;

/// <summary>
/// Gives numbers away when this silo has noticeably more than its share, as it has after another one has joined: once a sweep
/// period, few at a time, only numbers with nothing to send, and not while this silo has much to do: many of its numbers connect or have
/// messages to send, its report took long, or a number that it gave away did.
/// </summary>
internal sealed partial class NumberBalance(
    LocalNumbers numbers, NumberMoves moves, IOptions<NumberOptions> options, TimeProvider clock, ILogger<NumberBalance> logger)
{
    // Of the connects there may be until the next time: the rest is for numbers that come back.
    private const double ShareOfBudget = 0.1;
    private const int MostWithoutBudget = 500;

    // Moving costs what sending needs then, and an uneven share can wait for a quiet minute.
    private const double PeakShare = 0.25;

    // Both take a fraction of it while nothing is wrong.
    private static readonly TimeSpan SlowReport = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SlowMove = TimeSpan.FromSeconds(5);

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
    /// <param name="took">How long it took to write this silo's report and to read those of the others.</param>
    public void Check(IReadOnlyCollection<SiloReport> reports, TimeSpan took, CancellationToken stop)
    {
        if (!_moving.IsCompleted || took > SlowReport || clock.GetElapsedTime(_checked) < options.Value.SweepPeriod)
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
        using var round = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            foreach (var group in idle.GroupBy(number => number.Engine))
            {
                var interval = options.Value.ConnectIntervalOf(group.Key);
                var pause = interval / ShareOfBudget * givers;
                var most = interval > TimeSpan.Zero ? (int)Math.Max(1, options.Value.SweepPeriod / pause) : MostWithoutBudget;
                var share = (int)Math.Ceiling((double)surplus * group.Count() / idle.Count);
                await moves.Pace(pause, [.. group.Take(Math.Min(share, most))], (number, _) => Give(number, round), round.Token);
            }
        }
        catch (OperationCanceledException) when (round.IsCancellationRequested)
        {
            // Stopping, or until a better time.
        }
        catch (Exception exception)
        {
            LogStopped(logger, exception);
        }
    }

    private async Task Give(LocalNumber number, CancellationTokenSource round)
    {
        if (!IsIdle(number))
        {
            return;
        }

        var began = clock.GetTimestamp();
        try
        {
            await moves.ToLeast(number, round.Token);
        }
        catch (Exception exception) when (!round.IsCancellationRequested)
        {
            LogNotMoved(logger, exception, number.Id);
        }

        if (clock.GetElapsedTime(began) > SlowMove)
        {
            await round.CancelAsync();
        }
    }

    [LoggerMessage(LogLevel.Information, "This silo has {Count} numbers, {Surplus} more than its share, and gives some away")]
    private static partial void LogMoves(ILogger logger, int count, int surplus);

    [LoggerMessage(LogLevel.Warning, "Number {Number} was given away, and not seen to be taken yet")]
    private static partial void LogNotMoved(ILogger logger, Exception exception, string number);

    [LoggerMessage(LogLevel.Warning, "Numbers could not be given away; this is tried again in a minute")]
    private static partial void LogStopped(ILogger logger, Exception exception);
}
