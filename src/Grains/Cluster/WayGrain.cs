using Loopwave.Numbers;

namespace Loopwave.Cluster;

/// <inheritdoc cref="IWay"/>
internal abstract class WayGrain(SiloLease lease) : Grain, IWay
{
    protected SiloLease Lease { get; } = lease;

    public Task<bool> IsOpen() => Task.FromResult(Lease.IsHeldInTime);

    public Task<WayView> Look() => Task.FromResult(new WayView(Lease.IsHeldInTime, RuntimeIdentity));
}
