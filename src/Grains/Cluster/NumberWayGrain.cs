using Loopwave.Numbers;

namespace Loopwave.Cluster;

/// <summary>A way that passes on what is asked of single numbers, as far as it leads to them.</summary>
internal abstract class NumberWayGrain(SiloLease lease, NumberReach reach) : WayGrain(lease)
{
    protected NumberReach Reach { get; } = reach;

    /// <inheritdoc cref="NumberReach.Ask"/>
    protected Task<Outcome<T>> PassOn<T>(string number, Func<Task<Outcome<T>>> ask) => Reach.Ask(number, ask);
}
