using Loopwave.Cluster;
using Loopwave.Numbers;

namespace Loopwave.Storage.Tests.Conformance;

/// <summary>What every store of the silos' reports promises.</summary>
public abstract class SiloStoreTests(Backend backend) : IAsyncDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    public async ValueTask DisposeAsync()
    {
        await backend.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task The_last_report_of_each_silo_is_listed_by_name_until_it_is_out_of_date()
    {
        await backend.Silos.Report(Report("10.0.0.2:1@1", "b"), Long);
        await backend.Silos.Report(Report("10.0.0.1:1@1", "a"), Long);
        await backend.Silos.Report(Report("10.0.0.3:1@1", "c"), TimeSpan.Zero);
        var last = Report("10.0.0.2:1@1", "b") with { State = SiloState.Drained, IsStopping = true, Queued = 7 };
        await backend.Silos.Report(last, Long);

        var reports = await backend.Silos.Reports();

        Assert.Equal(["a", "b"], reports.Select(report => report.Name));
        Assert.Equivalent(last, reports[1], strict: true);
    }

    [Fact]
    public async Task A_silo_learns_with_each_report_whether_it_is_to_drain()
    {
        var report = Report("10.0.0.1:1@1", "a");
        Assert.False(await backend.Silos.Report(report, Long));
        Assert.True(await backend.Silos.Drain(report.Silo, true));
        Assert.Equal(SiloState.Draining, Assert.Single(await backend.Silos.Reports()).State);
        Assert.True(await backend.Silos.Report(report, Long));
        Assert.True(await backend.Silos.Report(report, Long));
        Assert.True(await backend.Silos.Drain(report.Silo, false));
        Assert.False(await backend.Silos.Report(report, Long));
    }

    [Fact]
    public async Task A_silo_that_is_to_drain_no_more_is_shown_active_before_it_knows_unless_it_is_about_to_end()
    {
        var drained = Report("10.0.0.1:1@1", "a") with { State = SiloState.Drained };
        var stopping = Report("10.0.0.2:1@1", "b") with { State = SiloState.Draining, IsStopping = true };
        foreach (var report in new[] { drained, stopping })
        {
            await backend.Silos.Report(report, Long);
            await backend.Silos.Drain(report.Silo, true);
        }

        Assert.Equal([SiloState.Drained, SiloState.Draining], (await backend.Silos.Reports()).Select(report => report.State));

        await backend.Silos.Drain(drained.Silo, false);
        await backend.Silos.Drain(stopping.Silo, false);

        Assert.Equal([SiloState.Active, SiloState.Draining], (await backend.Silos.Reports()).Select(report => report.State));
    }

    [Fact]
    public async Task A_silo_that_never_reported_or_has_ended_cannot_be_drained()
    {
        Assert.False(await backend.Silos.Drain("10.0.0.9:1@1", true));
        await backend.Silos.Report(Report("10.0.0.1:1@1", "a"), Long);
        await backend.Silos.Forget("10.0.0.1:1@1");
        Assert.False(await backend.Silos.Drain("10.0.0.1:1@1", true));
        Assert.Empty(await backend.Silos.Reports());
    }

    [Fact]
    public async Task The_outbox_is_counted_from_its_oldest_event()
    {
        Assert.Equal(new OutboxView(0, null), await backend.Silos.Outbox());
        var owned = await Sample.OwnedNumber(backend);
        var chat = Sample.Chat(owned.Id);
        var events = Enumerable.Range(1, 3).Select(i => Sample.Event(Sample.Message(chat), i) with { At = Backend.Start.AddSeconds(i) }).ToList();
        await backend.Numbers.Commit(owned.Change() with { Events = events }, owned.Lane);

        Assert.Equal(new OutboxView(3, events[0].At), await backend.Silos.Outbox());
    }

    [Fact]
    public async Task Events_that_nobody_took_are_kept_for_seven_days_and_go_when_others_come()
    {
        var owned = await Sample.OwnedNumber(backend);
        var chat = Sample.Chat(owned.Id);
        async Task<IReadOnlyList<OutboxEvent>> Announce(int count, DateTimeOffset at)
        {
            var events = Enumerable.Range(1, count).Select(i => Sample.Event(Sample.Message(chat), i) with { At = at }).ToList();
            await backend.Numbers.Commit(owned.Change() with { Events = events }, owned.Lane);
            return events;
        }

        await Announce(150, Backend.Start);
        var kept = await Announce(1, Backend.Start.AddDays(1));
        var now = Backend.Start.AddDays(8).AddTicks(-1);
        var last = await Announce(200, now);

        Assert.Equal(kept.Concat(last).Select(item => item.Id), (await backend.Outbox(owned.Id)).Select(item => item.Id));
        Assert.Equal(new OutboxView(201, kept[0].At), await backend.Silos.Outbox());
    }

    private static SiloReport Report(string silo, string name) => new()
    {
        Silo = silo, Name = name, State = SiloState.Active, Version = "1.2.3", StartedAt = Backend.Start,
        Numbers = new Dictionary<NumberStatus, int> { [NumberStatus.Ready] = 3, [NumberStatus.LoggedOut] = 1 },
        Queued = 2, MemoryBytes = 100_000_000, CpuCores = 0.25,
    };
}
