using Microsoft.Extensions.Logging;

namespace Loopwave.Numbers;

/// <summary>Wakes the shards of the reconciler.</summary>
internal sealed partial class Reconcilers(IGrainFactory grains, TimeProvider clock, ILogger<Reconcilers> logger)
{
    private const int MostTries = 5;

    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(1);

    /// <summary>Right after a silo is gone a shard that lived there may not be found at once, so it is tried a few times.</summary>
    public Task WakeAll(bool changed, CancellationToken stop) =>
        Task.WhenAll(Enumerable.Range(0, NumberRange.Shards).Select(shard => Wake(shard, changed, stop)));

    public async Task Wake(int shard, bool changed, CancellationToken stop)
    {
        for (var attempt = 1; !stop.IsCancellationRequested; attempt++)
        {
            try
            {
                await grains.GetGrain<IReconcilerGrain>(shard).Wake(changed);
                return;
            }
            catch (Exception exception) when (attempt == MostTries)
            {
                LogNotWoken(logger, exception, shard);
                return;
            }
            catch (Exception)
            {
                await Task.Delay(TryAgainAfter, clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Shard {Shard} of the reconciler could not be woken; it is again within a sweep period")]
    private static partial void LogNotWoken(ILogger logger, Exception exception, int shard);
}
