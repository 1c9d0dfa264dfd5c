using Loopwave.Configuration;
using Loopwave.Starting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Loopwave.Api.Cluster;

/// <summary>Once a silo can be reached: sees to it that somebody can sign in, and says that the process is ready.</summary>
internal sealed partial class FirstSteps(
    ClusterConnection connection, IServiceProvider services, LoopwaveSettings settings, TimeProvider clock, ILogger<FirstSteps> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, clock);
        try
        {
            while (!connection.IsThere || !await Take(stoppingToken))
            {
                await timer.WaitForNextTickAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    private async Task<bool> Take(CancellationToken stop)
    {
        try
        {
            if (await services.PrepareTeam() is FirstAdmin.SetUpLink link)
            {
                // For the person who started the process; a log is kept for longer than the link is good.
                Console.Out.WriteLine($"Make the first admin at {settings.Address}/#setup={link.Token}");
                Console.Out.Flush();
            }

            LogReady(logger);
            return true;
        }
        catch (Exception exception) when (!stop.IsCancellationRequested)
        {
            LogNotYet(logger, exception);
            return false;
        }
    }

    [LoggerMessage(LogLevel.Information, "Loopwave is ready: the API reaches the cluster")]
    private static partial void LogReady(ILogger logger);

    [LoggerMessage(LogLevel.Debug, "The team could not be looked at yet")]
    private static partial void LogNotYet(ILogger logger, Exception exception);
}
