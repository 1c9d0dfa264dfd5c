using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Loopwave.Media;

/// <summary>Keeps the cache of fetched files under its cap. Never removes what could not be fetched again.</summary>
internal sealed partial class MediaEviction(
    IMediaStore media,
    IMediaFiles files,
    IOptions<MediaOptions> options,
    TimeProvider clock,
    ILogger<MediaEviction> logger) : BackgroundService
{
    private const int AtOnce = 100;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.EvictionPeriod, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await TryEvict(stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task TryEvict(CancellationToken cancellationToken)
    {
        try
        {
            await Evict(cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogFailed(logger, exception);
        }
    }

    internal async Task Evict(CancellationToken cancellationToken)
    {
        var size = await media.TotalSize();
        while (size > options.Value.CacheBytes)
        {
            var candidates = await media.Evictable(AtOnce);
            if (candidates.Count == 0)
            {
                return;
            }

            foreach (var file in candidates.TakeWhile(_ => size > options.Value.CacheBytes))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (await Evict(file))
                {
                    size -= file.Size ?? 0;
                }
            }
        }
    }

    // The same content may be uploaded at this moment, by somebody who can't be asked for it a second time.
    private async Task<bool> Evict(MediaDocument file)
    {
        var gone = false;
        await files.Delete(file.Hash!, async () => gone = await media.Evict(file));
        return gone;
    }

    [LoggerMessage(LogLevel.Warning, "Room for media could not be made")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
