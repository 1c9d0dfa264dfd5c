using Loopwave.Deployment;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Loopwave.Cluster;

/// <summary>
/// Looks once a minute whether this process and the store that it shares with others still fit together: a clock can be set, and a newer
/// release can come. What was refused at the start is an alarm now, since ending would mend neither.
/// </summary>
internal sealed partial class StoreWatch(IDeploymentStore store, ProcessAlarms alarms, TimeProvider clock, ILogger<StoreWatch> logger) : BackgroundService
{
    internal static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private bool _isFailing;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await Look(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    private async Task Look(CancellationToken stop)
    {
        try
        {
            var before = clock.GetUtcNow();
            var state = await store.State();
            alarms.Set(AlarmCodes.ClockSkew, ClockSkew.Problem(ClockSkew.Between(before, state.Now, clock.GetUtcNow())));
            alarms.Set(AlarmCodes.NewerData, state.IsNewer ? "A newer release of Loopwave has changed the database. Update this process as well." : null);
            _isFailing = false;
        }
        catch (StorageUnavailableException)
        {
            // Said elsewhere; what was known stays so.
        }
        catch (Exception exception) when (!stop.IsCancellationRequested)
        {
            if (!_isFailing)
            {
                LogNotLooked(logger, exception);
            }

            _isFailing = true;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Whether this process and the database still fit together cannot be told; this is tried again every minute")]
    private static partial void LogNotLooked(ILogger logger, Exception exception);
}

/// <summary>Registers what looks after a store that several processes share.</summary>
public static class StoreWatchServices
{
    public static IServiceCollection AddStoreWatch(this IServiceCollection services)
    {
        services.AddHostedService<StoreWatch>();
        return services;
    }
}
