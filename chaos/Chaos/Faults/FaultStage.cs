using Loopwave.Chaos.Cluster;
using Loopwave.Chaos.Ledger;
using Loopwave.Chaos.Load;
using Loopwave.Chaos.Watching;

namespace Loopwave.Chaos.Faults;

/// <summary>Where faults happen, one after the other, while the load goes on; keeps what happened when.</summary>
internal sealed partial class FaultStage(
    ChaosCluster cluster, Attendance attendance, ApiCaller api, Ownership ownership, Recovery recovery, IReadOnlyList<Line> lines, Action<string> say, TimeProvider clock,
    CancellationToken stop)
{
    private readonly List<FaultRecord> _records = [];
    private readonly List<CutOff> _cutOffs = [];

    public IReadOnlyList<FaultRecord> Records => _records;

    /// <summary>When connections of a number could not be ended by its silo.</summary>
    public IReadOnlyList<CutOff> CutOffs => _cutOffs;

    public Task Pass(TimeSpan time) => Task.Delay(time, clock, stop);

    /// <summary>Lets a fault strike, last, and be over. Before it, and after it, all processes are there, or one ended by itself.</summary>
    public async Task Strike(IFault fault)
    {
        await attendance.Check();
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
        var struck = Numbers(fault, at).ToHashSet();
        var kinds = lines.Where(line => struck.Contains(line.Id)).CountBy(line => line.Engine).Select(kind => $"{kind.Value} {kind.Key}").ToList();
        say($"{fault.Id} is over after {(clock.GetUtcNow() - at).TotalSeconds:0} s{(kinds is [] ? "" : $"; it struck {string.Join(" and ", kinds)} numbers")}");
    }

    /// <summary>Waits until all numbers are ready; false when they are not in time, which the run fails for.</summary>
    public Task<bool> AllReady() => AllReady(recovery.Begin());

    /// <param name="began">From when the time counts.</param>
    /// <param name="after">Only a number counts that became ready after this.</param>
    /// <inheritdoc cref="AllReady()"/>
    public Task<bool> AllReady(long began, DateTimeOffset after = default) =>
        recovery.Until(began, async () => await Ready(after) == lines.Count, "all numbers to be ready");

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
