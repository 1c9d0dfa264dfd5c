using Loopwave.Chaos.Faults;
using Loopwave.Chaos.Reporting;
using Loopwave.Chaos.Watching;

namespace Loopwave.Chaos.Scenarios;

/// <summary>The network between the silos is cut, and then the one between a silo and the database. What else must hold is in the ledger.</summary>
internal sealed class Partition : IScenario
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(40);

    public async Task Play(FaultStage stage)
    {
        await stage.Balanced();
        await stage.Strike(new PartitionSilos(Length));
        await stage.Pass(Between);
        await stage.Balanced();
        await stage.Strike(new PartitionDatabase(2, Length));
        await stage.Pass(Between);
    }

    public IEnumerable<Target> Targets(IReadOnlyList<FaultEffect> effects) => effects.SelectMany(effect =>
        (effect.Fault.Id == PartitionSilos.Fault ? new[] { Promise.OneStayed(effect) } : []).Concat([Promise.NobodyElse(effect), AnswerPromise.Struck(effect), .. AnswerPromise.AnyNode(effect)]));
}
