using Loopwave.Chaos.Faults;
using Loopwave.Chaos.Reporting;
using Loopwave.Chaos.Watching;

namespace Loopwave.Chaos.Scenarios;

/// <summary>The database is killed, stands still, and takes no writes: callers hear so soon, instead of waiting until it is back, and are served again soon after.</summary>
internal sealed class StorageAway : IScenario
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(15);

    // So long that nothing of the fault before is left: callers who were told to come again have, and all numbers are back, or late.
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(45);

    public async Task Play(FaultStage stage)
    {
        IFault[] faults = [new KillPostgres(Length), new FreezePostgres(Length), new ReadOnlyPostgres(Length)];
        foreach (var fault in faults)
        {
            await stage.Strike(fault);
            await stage.Pass(Between);
        }
    }

    public IEnumerable<Target> Targets(IReadOnlyList<FaultEffect> effects) => 
        effects.SelectMany(effect => AnswerPromise.Back(effect).Prepend(AnswerPromise.SaidSoon(effect, AnswerPromise.WithoutStorage)));
}
