using System.Collections.Concurrent;
using Loopwave.Deployment;
using Loopwave.Engines;

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

    /// <param name="epoch">The right to the number that is given up; null when it is somebody else's already.</param>
    /// <param name="close">
    /// Closes the connection again, when nobody confirmed that it is closed; throws until somebody does. Whoever takes the number before that
    /// would connect beside it.
    /// </param>
    public void Begin(string number, long? epoch, Func<Task>? close = null) => _running[number] = Task.Run(() => Release(number, epoch, close));

    /// <summary>Returns when the number was given up, or would only be waited for.</summary>
    public async Task Settled(string number, CancellationToken stop)
    {
        if (_running.TryGetValue(number, out var running))
        {
            await running.WaitAsync(TryAgainAfter, clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private async Task Release(string number, long? epoch, Func<Task>? close)
    {
        if (close is not null)
        {
            await Until(close);
        }

        if (epoch is { } mine)
        {
            await Until(() => ownership.Release(number, mine));
        }

        _running.TryRemove(number, out _);
    }

    private async Task Until(Func<Task> done)
    {
        for (var began = clock.GetTimestamp(); ;)
        {
            try
            {
                await done();
                return;
            }
            catch (Exception exception)
                when (exception is StorageUnavailableException or EngineException or OperationCanceledException && clock.GetElapsedTime(began) < TryFor)
            {
                await Task.Delay(TryAgainAfter, clock);
            }
        }
    }
}
