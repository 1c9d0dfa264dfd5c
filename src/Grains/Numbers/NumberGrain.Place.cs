using Loopwave.Cluster;
using Orleans.Runtime.Placement;

namespace Loopwave.Numbers;

/// <summary>Where the number lives, and its way to another silo.</summary>
internal sealed partial class NumberGrain
{
    private LocalNumber? _local;

    // It deactivates, which closes the connection and gives the ownership up, and is activated there at once.
    public Task HandOver(SiloAddress silo)
    {
        if (!silo.Equals(context.Silo))
        {
            RequestContext.Set(IPlacementDirector.PlacementHintKey, silo);
            MigrateOnIdle();
        }

        return Task.CompletedTask;
    }
}
