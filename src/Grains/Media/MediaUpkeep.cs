using Loopwave.Cluster;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Loopwave.Media;

/// <summary>
/// Makes room for media, and once a day removes files that nobody knows of. One silo does it for all; that two do it for a moment, while
/// the cluster changes, is harmless.
/// </summary>
internal sealed partial class MediaUpkeep(
    MediaEviction eviction,
    IMediaStore media,
    IMediaFiles files,
    FirstSilo first,
    IOptions<MediaOptions> options,
    TimeProvider clock,
    ILogger<MediaUpkeep> logger) : BackgroundService
{
    private static readonly TimeSpan SweepEvery = TimeSpan.FromDays(1);

    /// <summary>Whoever stored a file writes down within minutes that it is needed.</summary>
    private static readonly TimeSpan LeftAfter = TimeSpan.FromDays(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.EvictionPeriod, clock);
        long? swept = null;
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                if (!first.IsThis)
                {
                    continue;
                }

                await Try(eviction.Evict, stoppingToken);
                if (swept is null || clock.GetElapsedTime(swept.Value) >= SweepEvery)
                {
                    swept = clock.GetTimestamp();
                    await Try(Sweep, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    internal async Task Sweep(CancellationToken cancellationToken)
    {
        var removed = await files.Sweep(clock.GetUtcNow() - LeftAfter, media.Needed, cancellationToken);
        if (removed > 0)
        {
            LogSwept(logger, removed);
        }
    }

    private async Task Try(Func<CancellationToken, Task> work, CancellationToken stop)
    {
        try
        {
            await work(stop);
        }
        catch (Exception exception) when (!stop.IsCancellationRequested)
        {
            LogFailed(logger, exception);
        }
    }

    [LoggerMessage(LogLevel.Information, "{Count} files that nobody needs were removed from media")]
    private static partial void LogSwept(ILogger logger, int count);

    [LoggerMessage(LogLevel.Warning, "Room for media could not be made")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
