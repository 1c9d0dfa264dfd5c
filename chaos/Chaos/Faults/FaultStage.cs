using Loopwave.Chaos.Cluster;
using Loopwave.Chaos.Ledger;
using Loopwave.Chaos.Load;
using Loopwave.Chaos.Scenarios;
using Loopwave.Chaos.Watching;

namespace Loopwave.Chaos.Faults;

/// <summary>Where faults happen, one after the other, while the load goes on; keeps what happened when.</summary>
internal sealed class FaultStage(
    ChaosCluster cluster, Attendance attendance, ApiCaller api, Ownership ownership, Recovery recovery, IReadOnlyList<Line> lines, Action<string> say, TimeProvider clock,
    CancellationToken stop)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(0.5);

    // A silo that joins is given its share over some minutes.
    private static readonly TimeSpan BalancedWithin = TimeSpan.FromMinutes(5);
    private const double MostOfOne = 0.6;
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    private readonly List<FaultRecord> _records = [];
    private readonly List<CutOff> _cutOffs = [];

    public IReadOnlyList<FaultRecord> Records => _records;

    /// <summary>When connections of a number could not be ended by its silo.</summary>
    public IReadOnlyList<CutOff> CutOffs => _cutOffs;

    public Task Pass(TimeSpan time) => Task.Delay(time, clock, stop);

    /// <summary>Lets a fault strike, last, and be over; then all processes are there again, or one ended by itself.</summary>
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
            await Back(fault, at);
        }

        var healed = clock.GetUtcNow();
        await fault.Heal(cluster);
        var back = clock.GetUtcNow();
        await attendance.Check();
        var record = new FaultRecord(fault.Id, fault.Name, AddressesOf(fault), at, healed, fault.TakesStorage)
        {
            BackAt = back, MovesFrom = attendance.StartAfter(healed) ?? back,
        };
        if (fault.EndsOnceTaken)
        {
            attendance.MustHaveEnded(record, ownership);
        }

        _cutOffs.AddRange(Ledger.CutOffs.Of(fault, record, ownership, lines));
        _records.Add(record);
        var numbers = Numbers(fault, at);
        say($"{fault.Id} is over after {(clock.GetUtcNow() - at).TotalSeconds:0} s{(numbers is [] ? "" : $"; it struck {numbers.Count} numbers")}");
    }

    /// <summary>Waits until all numbers are ready; false when they are not in time, which the run fails for.</summary>
    public Task<bool> AllReady() => AllReady(recovery.Begin());

    /// <param name="began">From when the time counts.</param>
    /// <param name="after">Only a number counts that became ready after this.</param>
    /// <inheritdoc cref="AllReady()"/>
    public Task<bool> AllReady(long began, DateTimeOffset after = default) =>
        recovery.Until(began, async () => await Ready(after) == lines.Count, "all numbers to be ready");

    /// <summary>
    /// Waits until no silo has nearly all numbers any more and none is on its way, so that what comes next strikes about half of them, and some
    /// of each kind.
    /// </summary>
    public async Task Balanced()
    {
        for (var began = clock.GetTimestamp(); !AreBalanced(); await Task.Delay(LookEvery, clock, stop))
        {
            if (clock.GetElapsedTime(began) > BalancedWithin)
            {
                say($"the silos did not have about as many numbers each after {BalancedWithin.TotalMinutes} minutes");
                break;
            }
        }

        await Spread();
    }

    /// <summary>
    /// Lets every silo have a tenth of the numbers of each kind, or as many as it takes to say something about them: those that it lacks are
    /// moved, as an operator does. The product counts numbers, and not of which kind they are.
    /// </summary>
    public async Task Spread()
    {
        await recovery.Until(() => Task.FromResult(IsEachSomewhere(ownership.Now())), "every number to be at some silo");
        foreach (var kind in lines.GroupBy(line => line.Engine).Where(kind => kind.Count() >= ChaosCluster.Silos * Least(kind.Count())))
        {
            for (var silo = 1; silo <= ChaosCluster.Silos; silo++)
            {
                await Give(silo, [.. kind.Select(line => line.Id)]);
            }
        }
    }

    private bool AreBalanced()
    {
        var owners = ownership.Now();
        return IsEachSomewhere(owners) && owners.Values.Max() <= lines.Count * MostOfOne && clock.GetUtcNow() - ownership.ChangedAt >= Quiet;
    }

    private bool IsEachSomewhere(IReadOnlyDictionary<string, int> owners) => !owners.ContainsKey(Ownership.Nobody) && owners.Values.Sum() == lines.Count;

    private async Task Give(int silo, IReadOnlyList<string> ofKind)
    {
        var there = There();
        var lacking = Least(ofKind.Count) - there.Count;
        if (lacking > 0)
        {
            say($"{lacking} numbers are moved to silo {silo}");
            foreach (var number in ofKind.Except(there).Take(lacking))
            {
                await cluster.MoveToOther(number);
            }

            await recovery.Until(
                async () => There().Count >= Least(ofKind.Count) && await Ready() == lines.Count, $"{lacking} numbers to be moved to silo {silo}");
            await Pass(Quiet);
        }

        List<string> There() => [.. ownership.Of(cluster.AddressOf(silo), clock.GetUtcNow()).Intersect(ofKind)];
    }

    private static int Least(int planned) => Math.Max(Promise.Fewest(planned), planned / 10);

    private async Task<int> Ready(DateTimeOffset after = default) =>
        (await api.List("/api/v1/numbers?status=ready")).Count(number => number["since"]!.GetValue<DateTimeOffset>() >= after);

    // Ready is also what a number shows whose silo has just gone: it must have been taken first.
    private Task Back(IFault fault, DateTimeOffset at)
    {
        var (silos, numbers) = (AddressesOf(fault), Numbers(fault, at));
        return recovery.Until(
            async () => numbers.All(number => ownership.TakenAfter(number, at, silos) is not null) && await Ready() == lines.Count,
            $"all numbers to be back after {fault.Name}");
    }

    private IReadOnlyList<string> Numbers(IFault fault, DateTimeOffset at) => [.. AddressesOf(fault).SelectMany(silo => ownership.Of(silo, at))];

    private IReadOnlyList<string> AddressesOf(IFault fault) => [.. fault.Struck.Select(silo => cluster.AddressOf(silo))];
}
