using Loopwave.Cluster;
using Loopwave.Configuration;
using Microsoft.Extensions.Hosting;

namespace Loopwave.Api.Cluster;

/// <summary>Tells the cluster that this API node is there, and at last that it is no more, so that operators see it.</summary>
internal sealed class NodeReporter(
    ClusterConnection connection, ClusterGrains grains, LoopwaveSettings settings, ProcessAlarms alarms, TimeProvider clock)
    : BackgroundService, IHostedLifecycleService
{
    // The view is kept in memory at one silo: when that has ended, the next one knows the nodes once they have told it.
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    // Nobody waits longer for the end of the process because of it.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly string _name = $"{Environment.MachineName}:{settings.Port}";

    // While the client still works, which is stopped with everything else.
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await StopAsync(cancellationToken);
        if (!connection.IsThere)
        {
            return;
        }

        try
        {
            await grains.Cluster().ForgetApiNode(_name).WaitAsync(Patience, clock, cancellationToken);
        }
        catch (Exception)
        {
            // It is out of date soon; a silo of an older release knows nothing else.
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var node = new ApiNodeView(_name, ProductVersion.Text, clock.GetUtcNow());
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
