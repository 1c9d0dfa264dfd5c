using Microsoft.Extensions.Hosting;

namespace Loopwave.Numbers;

/// <summary>
/// Wakes all shards of the reconciler when the process has started, and then each once a sweep period, one after the other.
/// Every process does; a shard that was swept just now does nothing.
/// </summary>
internal sealed class SweepSchedule(Reconcilers reconcilers, NumberContext context, IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lifetime.ApplicationStopping);
        var stop = stopping.Token;
        var step = context.Options.SweepPeriod / NumberRange.Shards;
        using var timer = new PeriodicTimer(step, context.Clock);
        try
        {
            await lifetime.Started(stop);
            var began = context.Clock.GetTimestamp();
            await reconcilers.WakeAll(changed: false, stop);
            for (var woken = 0L; await timer.WaitForNextTickAsync(stop);)
            {
                // A process that was held up wakes all that were due meanwhile, each once.
                var due = (long)(context.Clock.GetElapsedTime(began) / step);
                woken = Math.Max(woken, due - NumberRange.Shards);
                for (; woken < due; woken++)
                {
                    reconcilers.Wake((int)(woken % NumberRange.Shards), changed: false, stop).Ignore();
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopping.
        }
    }
}
