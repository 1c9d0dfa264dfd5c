using Loopwave.Chaos.Faults;
using Loopwave.Chaos.Reporting;
using Loopwave.Chaos.Watching;

namespace Loopwave.Chaos.Scenarios;

/// <summary>A silo is asked to stop: its numbers go over to the other one, each away for no longer than a connect takes.</summary>
internal sealed class Drain : IScenario
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(15);

    public async Task Play(FaultStage stage)
    {
        await stage.Balanced();
        await stage.Strike(new StopSilo(2));
        await stage.Pass(Between);
    }

    public IEnumerable<Target> Targets(IReadOnlyList<FaultEffect> effects) =>
        effects.SelectMany(effect => Promise.HandedOver(effect).Concat([Promise.NobodyElse(effect), AnswerPromise.HandedOver(effect), .. AnswerPromise.AnyNode(effect)]));
}
