using Loopwave.Chaos.Cluster;
using Loopwave.Chaos.Scenarios;
using Loopwave.Chaos.Watching;

namespace Loopwave.Chaos.Faults;

/// <summary>Which numbers the silos have when something strikes.</summary>
internal sealed partial class FaultStage
{
    private const int Tenth = 10;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(0.5);

    // A silo that joins is given its share over some minutes.
    private static readonly TimeSpan BalancedWithin = TimeSpan.FromMinutes(5);
    private const double MostOfOne = 0.6;
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Waits until no silo has nearly all numbers any more and none is on its way, so that what comes next strikes about half of them, and some
    /// of each kind.
    /// </summary>
    /// <param name="oneOf">At least one of so many of each kind.</param>
    public async Task Balanced(int oneOf = Tenth)
    {
        for (var began = clock.GetTimestamp(); !AreBalanced(); await Task.Delay(LookEvery, clock, stop))
        {
            if (clock.GetElapsedTime(began) > BalancedWithin)
            {
                say($"the silos did not have about as many numbers each after {BalancedWithin.TotalMinutes} minutes");
                break;
            }
        }

        await Spread(oneOf);
    }

    /// <summary>
    /// Lets every silo have a part of the numbers of each kind, or as many as it takes to say something about them: those that it lacks are
    /// moved, as an operator does. The product counts numbers, and not of which kind they are.
    /// </summary>
    /// <param name="oneOf">At least one of so many of each kind.</param>
    public async Task Spread(int oneOf = Tenth)
    {
        await recovery.Until(() => Task.FromResult(IsEachSomewhere(ownership.Now())), "every number to be at some silo");
        foreach (var kind in lines.GroupBy(line => line.Engine))
        {
            var least = Least(kind.Count(), oneOf);
            for (var silo = 1; silo <= ChaosCluster.Silos && kind.Count() >= ChaosCluster.Silos * least; silo++)
            {
                await Give(silo, least, [.. kind.Select(line => line.Id)]);
            }
        }
    }

    private bool AreBalanced()
    {
        var owners = ownership.Now();
        return IsEachSomewhere(owners) && owners.Values.Max() <= lines.Count * MostOfOne && clock.GetUtcNow() - ownership.ChangedAt >= Quiet;
    }

    private bool IsEachSomewhere(IReadOnlyDictionary<string, int> owners) => !owners.ContainsKey(Ownership.Nobody) && owners.Values.Sum() == lines.Count;

    private async Task Give(int silo, int least, IReadOnlyList<string> ofKind)
    {
        var there = There();
        var lacking = least - there.Count;
        if (lacking > 0)
        {
            say($"{lacking} numbers are moved to silo {silo}");
            foreach (var number in ofKind.Except(there).Take(lacking))
            {
                await cluster.MoveToOther(number);
            }

            await recovery.Until(
                async () => There().Count >= least && await Ready() == lines.Count, $"{lacking} numbers to be moved to silo {silo}");
            await Pass(Quiet);
        }

        List<string> There() => [.. ownership.Of(cluster.AddressOf(silo), clock.GetUtcNow()).Intersect(ofKind)];
    }

    private static int Least(int planned, int oneOf) => Math.Max(Promise.Fewest(planned), (planned + oneOf - 1) / oneOf);
}
