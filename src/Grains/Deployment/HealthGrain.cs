using Loopwave.Cluster;
using Loopwave.Engines;
using Loopwave.Numbers;
using Orleans.Concurrency;

namespace Loopwave.Deployment;

/// <summary>Looks at storage and at the engines of this process. Keeps nothing.</summary>
[StatelessWorker, Reentrant]
internal sealed class HealthGrain(
    IDeploymentStore store, INumberStore numbers, IEnumerable<IEngine> engines, SiloLease lease, ClientVersion version, TimeProvider clock) : WayGrain(lease), IHealthGrain
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public async Task<IReadOnlyList<HealthPart>> Check()
    {
        var storage = Storage();
        var engine = await Engine();
        return [await storage, engine];
    }

    private async Task<HealthPart> Engine()
    {
        var problem =
            !engines.Any() ? "No engine is available."
            : !Lease.IsHeld ? "The lease on the numbers is not held."
            : null;
        return problem is null && await IsVersionRefused()
            ? new HealthPart("engine", await IsAnyReady(), ClientVersion.Problem)
            : new HealthPart("engine", problem is null, problem);
    }

    private async Task<bool> IsVersionRefused()
    {
        try
        {
            return await version.RefusedSince().WaitAsync(Patience / 3, clock) is not null;
        }
        catch (Exception exception) when (exception is StorageUnavailableException or TimeoutException or OrleansException)
        {
            return version.IsRefused;
        }
    }

    // What is connected stays so, whatever becomes of those that want to connect now.
    private async Task<bool> IsAnyReady()
    {
        try
        {
            return await numbers.FirstReady(Access.All).WaitAsync(Patience / 2, clock) is not null;
        }
        catch (Exception exception) when (exception is StorageUnavailableException or TimeoutException)
        {
            // Said by its own part.
            return true;
        }
    }

    private async Task<HealthPart> Storage()
    {
        try
        {
            using var timeout = new CancellationTokenSource(Patience, clock);
            await store.Probe(timeout.Token).WaitAsync(Patience, clock);
            return new HealthPart("storage", true, null);
        }
        catch (Exception exception) when (exception is StorageUnavailableException or OperationCanceledException or TimeoutException)
        {
            return new HealthPart("storage", false, "Storage cannot be read or written at the moment.");
        }
    }
}
