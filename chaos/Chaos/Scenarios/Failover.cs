using Loopwave.Chaos.Faults;
using Loopwave.Chaos.Reporting;
using Loopwave.Chaos.Watching;

namespace Loopwave.Chaos.Scenarios;

/// <summary>
/// A silo is killed, its numbers come back on the other one, and it comes back itself; then the other one. What a cluster has only once, such as
/// its budget of connects, is at one of the two.
/// </summary>
internal sealed class Failover : IScenario
{
    // Of the numbers of each kind, at least; so both together lose half of them.
    private const int Quarter = 4;
    private static readonly int[] InTurn = [2, 1];
    private static readonly TimeSpan After = TimeSpan.FromSeconds(15);

    public async Task Play(FaultStage stage)
    {
        foreach (var silo in InTurn)
        {
            await stage.Balanced(Quarter);
            await stage.Strike(new KillSilo(silo));
            await stage.Pass(After);
        }
    }

    public IEnumerable<Target> Targets(IReadOnlyList<FaultEffect> effects) => effects.SelectMany(effect => (Target?[])
    [
        Promise.Loaded(effect),
        Promise.TakenOver(effect, TimeSpan.FromSeconds(5)),
        Promise.Ready(effect, EngineKind.Sandbox, Promise.ReadyWithin(EngineKind.Sandbox)),
        Promise.Ready(effect, EngineKind.WhatsApp, Promise.ReadyWithin(EngineKind.WhatsApp)),
        Promise.NobodyElse(effect),
        AnswerPromise.Struck(effect),
        .. AnswerPromise.AnyNode(effect, AnswerPromise.OthersOfKilledWithin),
    ]).OfType<Target>().Concat(Promise.StruckMany(effects));
}
