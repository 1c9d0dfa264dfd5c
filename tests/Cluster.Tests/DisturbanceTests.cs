using Loopwave.Processes;
using Xunit;

namespace Loopwave.Cluster;

/// <summary>
/// What happens to messages while the machine misbehaves. Each run sends and receives through a real process and then
/// checks the network's own ledger: every accepted message once under one id, order per chat, every inbound message stored
/// once, unread counts, no second connection, all numbers back without a scan.
/// </summary>
public sealed class DisturbanceTests(ITestOutputHelper output)
{
    private static readonly LedgerPlan Small = new(1, 1, Numbers: 10, ChatsPerNumber: 5, Messages: 800, Inbound: 400);

    /// <summary>The whole run is <c>scripts/crash</c>: seeds 1 to 5 with ten kills each.</summary>
    [Fact]
    public async Task Killed_at_random_moments_nothing_accepted_is_lost_and_nothing_is_sent_twice()
    {
        var seeds = Environment.GetEnvironmentVariable("LOOPWAVE_CRASH_SEEDS")?.Split(',').Select(int.Parse).ToArray() ?? [1];
        var kills = int.Parse(Environment.GetEnvironmentVariable("LOOPWAVE_CRASH_KILLS") ?? "3");
        foreach (var seed in seeds)
        {
            await using var deployment = NewDeployment();
            await Play(deployment, new LedgerPlan(seed, kills), new Kill());
        }
    }

    [Fact]
    public async Task Frozen_for_thirty_seconds_the_process_goes_on_without_loss_or_repeat()
    {
        await using var deployment = NewDeployment();
        await Play(deployment, Small, new Freeze(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task A_wall_clock_that_jumps_hours_and_a_day_loses_and_repeats_nothing()
    {
        Assert.True(ClockJumps.IsPossible, "libfaketime is missing; scripts/test and scripts/clock-jumps install it.");
        await using var deployment = NewDeployment();
        await Play(deployment, Small with { Disturbances = 4 }, new ClockJumps(deployment));
    }

    [Fact]
    public async Task A_full_disk_refuses_and_goes_on_when_there_is_room_with_nothing_lost()
    {
        await using var deployment = NewDeployment();
        using var disk = SmallDisk.MountedAt(deployment.DataDirectory, megabytes: 64);
        KeepTheWitnessElsewhere(deployment);
        await Play(deployment, Small with { Disturbances = 2 }, new FullDisk());
    }

    [Fact]
    public async Task A_disk_that_turned_read_only_refuses_until_it_is_repaired_and_nothing_is_lost_or_sent_twice()
    {
        await using var deployment = NewDeployment();
        using var disk = NewJournaledDisk(deployment);
        await Play(deployment, Small with { Disturbances = 2 }, new ReadOnlyDisk(disk));
    }

    [Fact]
    public async Task A_disk_that_takes_no_writes_for_a_while_refuses_and_goes_on_by_itself_with_nothing_lost_or_sent_twice()
    {
        await using var deployment = NewDeployment();
        using var disk = NewJournaledDisk(deployment);
        await Play(deployment, Small with { Disturbances = 2 }, new WriteProtectedDisk(disk));
    }

    private static JournaledDisk NewJournaledDisk(LoopwaveDeployment deployment)
    {
        var disk = JournaledDisk.MountedAt(deployment.DataDirectory, Path.Combine(deployment.Folder, "disk.img"), megabytes: 256);
        KeepTheWitnessElsewhere(deployment);
        return disk;
    }

    // The simulated network is somebody else's machine: its record is a witness and must not lie on the disk that fails.
    private static void KeepTheWitnessElsewhere(LoopwaveDeployment deployment) =>
        File.CreateSymbolicLink(Path.Combine(deployment.DataDirectory, "sandbox.db"), Path.Combine(deployment.Folder, "sandbox.db"));

    private Task Play(LoopwaveDeployment deployment, LedgerPlan plan, IDisturbance disturbance) =>
        new LedgerRun(plan, new StandaloneTarget(deployment, disturbance), output.WriteLine).Play();

    private static LoopwaveDeployment NewDeployment()
    {
        var deployment = new LoopwaveDeployment();
        deployment.Settings["Sandbox__Echo"] = "false";
        deployment.Settings["Sandbox__LinkDelay"] = "00:00:00";
        deployment.Settings["Sandbox__HistoryChats"] = "0";
        deployment.Settings["Api__RequestsPerMinute"] = "10000000";
        return deployment;
    }
}
