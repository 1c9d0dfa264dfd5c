using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Loopwave.Numbers;

/// <summary>
/// Brings numbers back: at start and then once a sweep period, every number that is wanted started is asked to make sure
/// that it is. Numbers that are fine answer at once.
/// </summary>
internal sealed partial class NumberReviver(
    INumberStore numbers,
    IGrainFactory grains,
    NumberContext context,
    IHostApplicationLifetime lifetime,
    ILogger<NumberReviver> logger) : BackgroundService
{
    private const int AtOnce = 64;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await WhenStarted(stoppingToken);
        using var timer = new PeriodicTimer(context.Options.SweepPeriod, context.Clock);
        try
        {
            do
            {
                await Sweep(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task WhenStarted(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource();
        await using var _ = lifetime.ApplicationStarted.Register(() => started.TrySetResult());
        await started.Task.WaitAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task Sweep(CancellationToken stoppingToken)
    {
        var before = context.Clock.GetTimestamp();
        var count = 0;
        try
        {
            var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stoppingToken };
            await Parallel.ForEachAsync(numbers.Started(stoppingToken), options, async (number, _) =>
            {
                if (context.HasEngine(number.Engine))
                {
                    Interlocked.Increment(ref count);
                    await Ensure(number.Id);
                }
            });
            LogSwept(logger, count, context.Clock.GetElapsedTime(before).TotalSeconds);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogSweepFailed(logger, exception);
        }
    }

    private async Task Ensure(string number)
    {
        try
        {
            await grains.GetGrain<INumberGrain>(number).Ensure();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // One number must not keep the others down; the next sweep tries it again.
            LogNotEnsured(logger, exception, number);
        }
    }

    [LoggerMessage(LogLevel.Debug, "{Count} numbers looked after in {Seconds:F1} s")]
    private static partial void LogSwept(ILogger logger, int count, double seconds);

    [LoggerMessage(LogLevel.Warning, "The sweep over the numbers failed")]
    private static partial void LogSweepFailed(ILogger logger, Exception exception);

    [LoggerMessage(LogLevel.Warning, "Number {Number} could not be looked after")]
    private static partial void LogNotEnsured(ILogger logger, Exception exception, string number);
}
