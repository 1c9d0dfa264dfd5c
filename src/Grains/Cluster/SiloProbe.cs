using Loopwave.Numbers;
using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace Loopwave.Cluster;

/// <summary>Answers for one silo, by whose address it is keyed: it lives there and nowhere else.</summary>
[Alias("loopwave.silo-probe")]
internal interface ISiloProbe : IGrainWithStringKey
{
    /// <summary>Whether storage has confirmed that silo's lease within the last ten seconds.</summary>
    [Alias("holds-lease")]
    Task<bool> HoldsLease();
}

[AtSilo]
internal sealed class SiloProbe(SiloLease lease) : Grain, ISiloProbe
{
    public Task<bool> HoldsLease() => Task.FromResult(lease.IsHeld);
}

/// <summary>A grain goes to the silo that its key names.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.at-silo-placement")]
internal sealed class AtSiloPlacement : PlacementStrategy;

/// <inheritdoc cref="AtSiloPlacement"/>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class AtSiloAttribute() : PlacementAttribute(new AtSiloPlacement());

internal sealed class AtSiloPlacementDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var silo = SiloAddress.FromParsableString(target.GrainIdentity.Key.ToString()!);
        return context.GetCompatibleSilos(target).Contains(silo)
            ? Task.FromResult(silo)
            : Task.FromException<SiloAddress>(new SiloUnavailableException($"The silo {silo} is not there."));
    }
}
