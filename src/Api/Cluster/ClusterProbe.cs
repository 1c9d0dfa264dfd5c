using Microsoft.Extensions.Hosting;

namespace Loopwave.Api.Cluster;

/// <summary>
/// Looks for a silo while there is no connection to any. The client connects when something is asked, and callers are refused
/// meanwhile: without this nobody would ask.
/// </summary>
internal sealed class ClusterProbe(ClusterConnection connection, IClusterClient client, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.25);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                if (!connection.IsThere)
                {
                    await Ask(stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    private async Task Ask(CancellationToken stop)
    {
        try
        {
            await client.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true).WaitAsync(stop);
        }
        catch (Exception) when (!stop.IsCancellationRequested)
        {
            // Nobody there yet, or the client itself has not started.
        }
    }
}
