using Loopwave.Chaos.Cluster;
using Loopwave.Chaos.Faults;
using Loopwave.Chaos.Reporting;
using Loopwave.Chaos.Watching;

namespace Loopwave.Chaos.Scenarios;

/// <summary>An update of everything, one process at a time: callers see nothing but 503 with Retry-After.</summary>
internal sealed class Rolling : IScenario
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(10);

    public async Task Play(FaultStage stage)
    {
        await stage.Balanced();
        for (var silo = 1; silo <= ChaosCluster.Silos; silo++)
        {
            // An update does not wait until a silo that came back has its share again: the next one has nearly all numbers. A few are moved
            // to the other one, to see that they stay.
            await stage.Spread();
            await stage.Strike(new StopSilo(silo));
            await stage.Pass(Between);
        }

        for (var node = 1; node <= ChaosCluster.ApiNodes; node++)
        {
            await stage.Strike(new StopApi(node));
            await stage.Pass(Between);
        }
    }

    // Wrong answers are violations in every scenario. By the time API nodes are restarted, silos that came back are given numbers.
    public IEnumerable<Target> Targets(IReadOnlyList<FaultEffect> effects) =>
        effects.SelectMany(effect => effect.Fault.Struck is []
            ? AnswerPromise.AnyNode(effect)
            : Promise.HandedOver(effect).Concat([Promise.NobodyElse(effect), AnswerPromise.HandedOver(effect), .. AnswerPromise.AnyNode(effect)]));
}
