using Loopwave.Chaos.Faults;
using Loopwave.Chaos.Reporting;
using Loopwave.Chaos.Watching;

namespace Loopwave.Chaos.Scenarios;

/// <summary>
/// A silo stands still for long enough to be declared dead, and goes on as if nothing had been: alone, and, for longer than any lease,
/// with its engine hosts, whose connections stay open meanwhile.
/// </summary>
internal sealed class Freeze : IScenario
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(15);

    public async Task Play(FaultStage stage)
    {
        await stage.Balanced();
        await stage.Strike(new FreezeSilo(1, TimeSpan.FromSeconds(20), withHosts: false));
        await stage.Pass(Between);
        await stage.Balanced();
        await stage.Strike(new FreezeSilo(2, TimeSpan.FromSeconds(70), withHosts: true));
        await stage.Pass(Between);
    }

    public IEnumerable<Target> Targets(IReadOnlyList<FaultEffect> effects) =>
        effects.SelectMany(effect => (Target[])
            [Promise.TakenOver(effect, TimeSpan.FromSeconds(25)), Promise.NobodyElse(effect), AnswerPromise.Struck(effect), .. AnswerPromise.AnyNode(effect)]);
}
