using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace Loopwave.Cluster;

/// <summary>Numbers go where the fewest are, and not to a silo that is draining.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.number-placement")]
internal sealed class NumberPlacement : PlacementStrategy;

/// <inheritdoc cref="NumberPlacement"/>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class NumberPlacementAttribute() : PlacementAttribute(new NumberPlacement());

internal sealed class NumberPlacementDirector(SiloChoice choice) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var silos = context.GetCompatibleSilos(target);
        if (IPlacementDirector.GetPlacementHint(target.RequestContextData, silos) is { } wanted)
        {
            return Task.FromResult(wanted);
        }

        // With all of them draining a number is still better off on one of them.
        return Task.FromResult(choice.Least(silos) ?? silos[Random.Shared.Next(silos.Length)]);
    }
}
