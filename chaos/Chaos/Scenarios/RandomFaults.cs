using Loopwave.Chaos.Faults;
using Loopwave.Chaos.Reporting;
using Loopwave.Chaos.Watching;

namespace Loopwave.Chaos.Scenarios;

/// <summary>One fault after the other, by chance, with some time between them, until the time is over. The same seed, the same faults.</summary>
internal sealed class RandomFaults(ChaosPlan plan) : IScenario
{
    private const int ShortestPause = 15;
    private const int LongestPause = 45;

    // The 5 seconds are for a machine that has time. Here a silo may be starting again, everybody has just come back who was told to, and
    // somebody else may use the cores, while two of them carry the load and all it is put on. What holds even then: a call within the cluster is given up
    // after 10 seconds, and as much as 2 go by around it.
    private static readonly TimeSpan WithoutStorage = TimeSpan.FromSeconds(12);

    private readonly Random _random = new(plan.Seed);

    public async Task Play(FaultStage stage)
    {
        var deck = FaultDeck.For(plan);
        for (var began = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(began).TotalMinutes < plan.Minutes;)
        {
            await stage.Strike(deck[_random.Next(deck.Count)](_random));
            await stage.Pass(TimeSpan.FromSeconds(_random.Next(ShortestPause, LongestPause)));
        }
    }

    // What a number may take is promised for one fault at a time; here one can begin while the last one is still being mended.
    public IEnumerable<Target> Targets(IReadOnlyList<FaultEffect> effects) =>
        effects.Where(effect => effect.Waits.WithoutStorage is not null).Select(effect => AnswerPromise.SaidSoon(effect, WithoutStorage, mayPass: true));
}
