using Loopwave.Cluster;

namespace Loopwave.Deployment;

/// <summary>Looks at what the product stands on. Answers within 3 seconds. Any number of copies, no state.</summary>
[Alias("loopwave.health")]
public interface IHealthGrain : IWay
{
    [Alias("check")]
    Task<IReadOnlyList<HealthPart>> Check();
}

/// <summary>One part (<c>storage</c>, <c>engine</c>), and what is wrong with it if it is not ready.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.health-part")]
public sealed record HealthPart(
    [property: Id(0)] string Name,
    [property: Id(1)] bool Ready,
    [property: Id(2)] string? Message);
