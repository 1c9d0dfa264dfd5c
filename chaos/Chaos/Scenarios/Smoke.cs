using Loopwave.Chaos.Faults;
using Loopwave.Chaos.Reporting;
using Loopwave.Chaos.Watching;

namespace Loopwave.Chaos.Scenarios;

/// <summary>One fault of each kind that a test run has time for.</summary>
internal sealed class Smoke : IScenario
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(3);

    public async Task Play(FaultStage stage)
    {
        IFault[] faults =
        [
            new KillSilo(2),
            new WhatsAppDoes(
                "F8", "acknowledgements lost, doubled and late", TimeSpan.FromSeconds(5),
                new { kind = "ack-lost", count = 2, delivered = true }, new { kind = "ack-lost", count = 2, delivered = false },
                new { kind = "ack-double", count = 2 }, new { kind = "ack-late", count = 2, ms = 1_000 }),
            new KillPostgres(TimeSpan.FromSeconds(2)),
            new FreezeSilo(1, TimeSpan.FromSeconds(5), withHosts: false),
            new StopSilo(1),
        ];
        await stage.Spread();
        foreach (var fault in faults)
        {
            await stage.Pass(Between);
            await stage.Strike(fault);
        }

        await stage.Pass(Between);
    }

    // A test machine is busy with other tests: how fast things are is for the named scenarios.
    public IEnumerable<Target> Targets(IReadOnlyList<FaultEffect> effects) => effects.Where(effect => effect.Fault.Id == "F1").Select(Promise.NobodyElse);
}
