using Loopwave.Cluster;
using Loopwave.Configuration;
using Microsoft.Extensions.Hosting;

namespace Loopwave.Api.Cluster;

/// <summary>Tells the cluster that this API node is there, so that operators see it.</summary>
internal sealed class NodeReporter(
    ClusterConnection connection, ClusterGrains grains, LoopwaveSettings settings, ProcessAlarms alarms, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(15);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var node = new ApiNodeView($"{Environment.MachineName}:{settings.Port}", ProductVersion.Text, clock.GetUtcNow());
        using var timer = new PeriodicTimer(Period, clock);
        try
        {
            do
            {
                await Report(node with { Alarms = alarms.All }, stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    private async Task Report(ApiNodeView node, CancellationToken stop)
    {
        while (!connection.IsThere)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), clock, stop);
        }

        try
        {
            await grains.Cluster().ReportApiNode(node).WaitAsync(stop);
        }
        catch (Exception) when (!stop.IsCancellationRequested)
        {
            // The next time; that the cluster is away is said elsewhere.
        }
    }
}
