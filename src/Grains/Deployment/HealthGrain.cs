using Loopwave.Engines;
using Loopwave.Numbers;
using Orleans.Concurrency;

namespace Loopwave.Deployment;

/// <summary>Looks at storage and at the engines of this process. Keeps nothing.</summary>
[StatelessWorker, Reentrant]
internal sealed class HealthGrain(IDeploymentStore store, IEnumerable<IEngine> engines, SiloLease lease, VersionAlarm version, TimeProvider clock) : Grain, IHealthGrain
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public async Task<IReadOnlyList<HealthPart>> Check() =>
    [
        await Storage(),
        Engine(),
    ];

    private HealthPart Engine()
    {
        var problem =
            !engines.Any() ? "No engine is available."
            : !lease.IsHeld ? "The lease on the numbers is not held."
            : version.IsRaised ? "WhatsApp refuses the version of the client. Raise WA_VERSION."
            : null;
        return new HealthPart("engine", problem is null, problem);
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
