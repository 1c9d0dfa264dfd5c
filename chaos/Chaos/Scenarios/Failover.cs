using Loopwave.Chaos.Faults;
using Loopwave.Chaos.Reporting;
using Loopwave.Chaos.Watching;

namespace Loopwave.Chaos.Scenarios;

/// <summary>A silo is killed, its numbers come back on the other one, and it comes back itself.</summary>
internal sealed class Failover : IScenario
{
    private static readonly TimeSpan After = TimeSpan.FromSeconds(15);

    public async Task Play(FaultStage stage)
    {
        await stage.Balanced();
        await stage.Strike(new KillSilo(2));
        await stage.Pass(After);
    }

    public IEnumerable<Target> Targets(IReadOnlyList<FaultEffect> effects) => effects.SelectMany(effect => (Target?[])
    [
        Promise.TakenOver(effect, TimeSpan.FromSeconds(5)),
        Promise.Ready(effect, EngineKind.Sandbox, Promise.ReadyWithin(EngineKind.Sandbox)),
        Promise.Ready(effect, EngineKind.WhatsApp, Promise.ReadyWithin(EngineKind.WhatsApp)),
        Promise.NobodyElse(effect),
        AnswerPromise.Struck(effect),
        .. AnswerPromise.AnyNode(effect, AnswerPromise.OthersOfKilledWithin),
    ]).OfType<Target>();
}
