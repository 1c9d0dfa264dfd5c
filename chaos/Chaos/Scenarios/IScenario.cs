using Loopwave.Chaos.Faults;
using Loopwave.Chaos.Reporting;
using Loopwave.Chaos.Watching;

namespace Loopwave.Chaos.Scenarios;

/// <summary>What happens to the cluster while the load goes on, and what is promised about it.</summary>
internal interface IScenario
{
    Task Play(FaultStage stage);

    IEnumerable<Target> Targets(IReadOnlyList<FaultEffect> effects);
}
