using Loopwave.Chaos.Cluster;
using Loopwave.Chaos.Ledger;
using Loopwave.Chaos.Load;
using Loopwave.Chaos.Watching;

namespace Loopwave.Chaos.Faults;

/// <summary>Where faults happen, one after the other, while the load goes on; keeps what happened when.</summary>
internal sealed class FaultStage(
    ChaosCluster cluster, ApiCaller api, Ownership ownership, IReadOnlyList<Line> lines, Action<string> say, TimeProvider clock, CancellationToken stop)
{
    /// <summary>Longer than any target: what takes longer is told, and goes on.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(0.5);

    // A silo that joins is given its share over some minutes.
    private static readonly TimeSpan BalancedWithin = TimeSpan.FromMinutes(5);
    private const double MostOfOne = 0.6;

    private readonly List<FaultRecord> _records = [];
    private readonly List<CutOff> _cutOffs = [];

    public IReadOnlyList<FaultRecord> Records => _records;

    /// <summary>When connections of a number could not be ended by its silo.</summary>
    public IReadOnlyList<CutOff> CutOffs => _cutOffs;

    public Task Pass(TimeSpan time) => Task.Delay(time, clock, stop);

    /// <summary>Lets a fault strike, last, and be over.</summary>
    public async Task Strike(IFault fault)
    {
        var at = clock.GetUtcNow();
        say($"{fault.Id}: {fault.Name}");
        await fault.Strike(cluster);
        if (fault.Length is { } length)
        {
            await Pass(length);
        }
        else
        {
            await Back(Numbers(fault, at), at);
        }

        var healed = clock.GetUtcNow();
        await fault.Heal(cluster);
        var numbers = Numbers(fault, at);
        NoteCutOffs(fault, at, healed);
        _records.Add(new(fault.Id, fault.Name, [.. fault.Struck.Select(cluster.AddressOf)], at, healed));
        say($"{fault.Id} is over after {(clock.GetUtcNow() - at).TotalSeconds:0} s{(numbers is [] ? "" : $"; it struck {numbers.Count} numbers")}");
    }

    /// <summary>Waits until all numbers are ready; false when they are not in time.</summary>
    /// <param name="after">Only a number counts that became ready after this.</param>
    public async Task<bool> AllReady(DateTimeOffset after = default)
    {
        for (var began = clock.GetTimestamp(); clock.GetElapsedTime(began) < Patience;)
        {
            if (await Ready(after) == lines.Count)
            {
                return true;
            }

            await Task.Delay(LookEvery, clock, stop);
        }

        return false;
    }

    /// <summary>Waits until no silo has nearly all numbers any more, so that what comes next strikes about half of them.</summary>
    public async Task Balanced()
    {
        for (var began = clock.GetTimestamp(); clock.GetElapsedTime(began) < BalancedWithin; await Task.Delay(LookEvery, clock, stop))
        {
            var owners = ownership.Now();
            if (!owners.ContainsKey(Ownership.Nobody) && owners.Values.Max() <= lines.Count * MostOfOne)
            {
                return;
            }
        }

        say($"the silos did not have about as many numbers each after {BalancedWithin.TotalMinutes} minutes");
    }

    private async Task<int> Ready(DateTimeOffset after = default) =>
        (await api.List("/api/v1/numbers?status=ready")).Count(number => number["since"]!.GetValue<DateTimeOffset>() >= after);

    // Ready is also what a number shows whose silo has just gone: it must have been taken first.
    private async Task Back(IReadOnlyList<string> numbers, DateTimeOffset at)
    {
        for (var began = clock.GetTimestamp(); clock.GetElapsedTime(began) < Patience; await Task.Delay(LookEvery, clock, stop))
        {
            if (numbers.All(number => ownership.TakenAfter(number, at) is not null) && await Ready() == lines.Count)
            {
                return;
            }
        }

        say($"not all numbers were back after {Patience.TotalSeconds} s");
    }

    private IReadOnlyList<string> Numbers(IFault fault, DateTimeOffset at) => [.. fault.Struck.Select(cluster.AddressOf).SelectMany(silo => ownership.Of(silo, at))];

    // A number can come to a silo while it is struck already.
    private void NoteCutOffs(IFault fault, DateTimeOffset at, DateTimeOffset healed)
    {
        var there = fault.Struck.Select(cluster.AddressOf).SelectMany(silo => ownership.During(silo, at, healed)).ToHashSet();
        _cutOffs.AddRange(lines
            .Where(line => fault.CutsOff(line.Engine) && (fault.Struck is [] || there.Contains(line.Id)))
            .Select(line => new CutOff(line.Id, at, healed)));
    }
}
