using Loopwave.Chaos.Faults;
using Loopwave.Chaos.Reporting;
using Loopwave.Chaos.Watching;

namespace Loopwave.Chaos.Scenarios;

/// <summary>
/// The database is killed, stands still, and takes no writes, and stands still once more, for longer than anything is kept or waited for without it: callers hear so soon,
/// instead of waiting until it is back, and are served again soon after.
/// </summary>
internal sealed class StorageAway : IScenario
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(15);

    // API nodes know who asks for a minute, and engine hosts wait for half of one until somebody takes what they have.
    private static readonly TimeSpan LongLength = TimeSpan.FromSeconds(100);

    // So long that nothing of the fault before is left: callers who were told to come again have, and all numbers are back, or late.
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(45);

    internal static IReadOnlyList<IFault> Faults => [new KillPostgres(Length), new FreezePostgres(Length), new ReadOnlyPostgres(Length), new FreezePostgres(LongLength)];

    public async Task Play(FaultStage stage)
    {
        foreach (var fault in Faults)
        {
            await stage.Strike(fault);
            await stage.Pass(Between);
        }
    }

    public IEnumerable<Target> Targets(IReadOnlyList<FaultEffect> effects) =>
        effects.SelectMany(effect => AnswerPromise.Back(effect).Prepend(AnswerPromise.SaidSoon(effect, AnswerPromise.WithoutStorage)));
}
