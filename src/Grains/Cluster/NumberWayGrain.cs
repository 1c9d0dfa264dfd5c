using Loopwave.Numbers;

namespace Loopwave.Cluster;

/// <summary>A way that passes on what is asked of single numbers, as far as it leads to them.</summary>
internal abstract class NumberWayGrain(SiloLease lease, NumberReach reach) : WayGrain(lease)
{
    protected NumberReach Reach { get; } = reach;

    /// <summary>Asks a number. When its silo does not answer, nothing is passed on, and the refusal says so.</summary>
    protected async Task<Outcome<T>> PassOn<T>(string number, Func<Task<Outcome<T>>> ask) =>
        await Reach.Refuse(number) is { } refusal ? refusal : await ask();
}
