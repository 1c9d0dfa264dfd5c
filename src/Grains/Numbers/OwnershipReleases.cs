using System.Collections.Concurrent;
using Loopwave.Deployment;

namespace Loopwave.Numbers;

/// <summary>
/// Gives numbers up for those that have ended here, until storage has taken it: an owner that lives on and does not know
/// would keep everybody else from the number. Giving up an epoch that is over changes nothing, so trying again is safe.
/// </summary>
internal sealed class OwnershipReleases(IOwnershipStore ownership, TimeProvider clock)
{
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(1);

    // Longer than any lease: then the process cannot have had the right all the time.
    private static readonly TimeSpan TryFor = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, Task> _running = [];

    public void Begin(string number, long epoch) => _running[number] = Release(number, epoch);

    /// <summary>Returns when the number was given up, or would only be waited for.</summary>
    public async Task Settled(string number, CancellationToken stop)
    {
        if (_running.TryGetValue(number, out var running))
        {
            await running.WaitAsync(TryAgainAfter, clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private async Task Release(string number, long epoch)
    {
        await Task.Yield();
        for (var began = clock.GetTimestamp(); ;)
        {
            try
            {
                await ownership.Release(number, epoch);
                break;
            }
            catch (StorageUnavailableException) when (clock.GetElapsedTime(began) < TryFor)
            {
                await Task.Delay(TryAgainAfter, clock);
            }
        }

        _running.TryRemove(number, out _);
    }
}
