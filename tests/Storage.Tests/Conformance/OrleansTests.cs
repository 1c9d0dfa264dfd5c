using Orleans.Storage;

namespace Loopwave.Storage.Tests.Conformance;

/// <summary>What Orleans needs of a store of grain state.</summary>
public abstract class GrainStorageTests(Backend backend) : IAsyncDisposable
{
    private readonly GrainId _grain = GrainId.Create("loopwave.counter", "a");

    public async ValueTask DisposeAsync()
    {
        await backend.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task State_that_was_never_written_is_new()
    {
        var state = await Read();
        Assert.Equal((null, false, 0), (state.ETag, state.RecordExists, state.State!.Count));
    }

    [Fact]
    public async Task State_comes_back_as_it_was_written()
    {
        var state = await Read();
        state.State = new Counter { Count = 1, Names = ["a", "b"], ByName = new() { ["$type"] = 1, ["__type"] = 2, ["a.b"] = 3, ["$"] = 4, ["__"] = 5 } };
        await Write(state);
        state.State!.Count = 2;
        await Write(state);

        var read = await Read();
        Assert.Equivalent(state.State, read.State, strict: true);
        Assert.Equal((state.ETag, true), (read.ETag, read.RecordExists));
        Assert.Equal(0, (await Read("other")).State!.Count);
    }

    [Fact]
    public async Task Of_two_activations_one_wins_and_the_other_hears_of_it()
    {
        var (one, two) = (await Read(), await Read());
        await Write(one);
        await Assert.ThrowsAsync<InconsistentStateException>(() => Write(two));

        two = await Read();
        await Write(one);
        await Assert.ThrowsAsync<InconsistentStateException>(() => Write(two));
        await Assert.ThrowsAsync<InconsistentStateException>(() => Clear(two));
    }

    [Fact]
    public async Task Cleared_state_is_gone_and_an_old_etag_cannot_bring_it_back()
    {
        var state = await Read();
        state.State!.Count = 5;
        await Write(state);
        var old = await Read();
        await Clear(state);
        Assert.Equal((false, 0), (state.RecordExists, state.State!.Count));
        Assert.Equal((false, 0), ((await Read()).RecordExists, (await Read()).State!.Count));

        await Assert.ThrowsAsync<InconsistentStateException>(() => Write(old));
        state.State!.Count = 6;
        await Write(state);
        Assert.Equal(6, (await Read()).State!.Count);
    }

    private async Task<GrainState<Counter>> Read(string name = "counter")
    {
        var state = new GrainState<Counter>();
        await backend.GrainStorage.ReadStateAsync(name, _grain, state);
        return state;
    }

    private Task Write(GrainState<Counter> state) => backend.GrainStorage.WriteStateAsync("counter", _grain, state);

    private Task Clear(GrainState<Counter> state) => backend.GrainStorage.ClearStateAsync("counter", _grain, state);

    private sealed class Counter
    {
        public int Count { get; set; }

        public IReadOnlyList<string> Names { get; set; } = [];

        public Dictionary<string, int> ByName { get; set; } = [];
    }
}

/// <summary>What Orleans needs of a table of reminders.</summary>
public abstract class ReminderTableTests(Backend backend) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await backend.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_reminder_comes_back_as_it_was_put_and_each_put_gives_a_new_etag()
    {
        var entry = Entry("a");
        var first = await backend.Reminders.UpsertRow(entry, Token);
        var second = await backend.Reminders.UpsertRow(entry, Token);
        Assert.NotEqual(first, second);

        var read = await backend.Reminders.ReadRow(entry.GrainId, entry.ReminderName, Token);
        Assert.Equal(
            (entry.GrainId, entry.ReminderName, entry.StartAt, entry.Period, second),
            (read!.GrainId, read.ReminderName, read.StartAt, read.Period, read.ETag));
        Assert.Equal(DateTimeKind.Utc, read.StartAt.Kind);
        Assert.Null(await backend.Reminders.ReadRow(entry.GrainId, "other", Token));
    }

    [Fact]
    public async Task A_reminder_is_removed_only_under_its_last_etag()
    {
        var entry = Entry("a");
        var old = await backend.Reminders.UpsertRow(entry, Token);
        var current = await backend.Reminders.UpsertRow(entry, Token);
        Assert.False(await backend.Reminders.RemoveRow(entry.GrainId, entry.ReminderName, old!, Token));
        Assert.True(await backend.Reminders.RemoveRow(entry.GrainId, entry.ReminderName, current!, Token));
        Assert.False(await backend.Reminders.RemoveRow(entry.GrainId, entry.ReminderName, current!, Token));
        Assert.Empty((await backend.Reminders.ReadRows(entry.GrainId, Token)).Reminders);
    }

    [Fact]
    public async Task A_piece_of_the_ring_excludes_its_beginning_includes_its_end_and_may_go_over_the_top()
    {
        var entries = Enumerable.Range(0, 20).Select(i => Entry("grain " + i)).OrderBy(Hash).ToList();
        foreach (var entry in entries)
        {
            await backend.Reminders.UpsertRow(entry, Token);
        }

        async Task Expect(uint begin, uint end, IEnumerable<ReminderEntry> expected) => Assert.Equal(
            expected.Select(entry => entry.GrainId).Order(), (await backend.Reminders.ReadRows(begin, end, Token)).Reminders.Select(entry => entry.GrainId).Order());

        await Expect(Hash(entries[4]), Hash(entries[9]), entries[5..10]);
        await Expect(Hash(entries[15]), Hash(entries[2]), [.. entries[16..], .. entries[..3]]);
        await Expect(0, 0, entries);
        await Expect(Hash(entries[3]), Hash(entries[3]), entries);
    }

    [Fact]
    public async Task All_reminders_of_a_grain_are_read_together()
    {
        await backend.Reminders.UpsertRow(Entry("a", "one"), Token);
        await backend.Reminders.UpsertRow(Entry("a", "two"), Token);
        await backend.Reminders.UpsertRow(Entry("b", "one"), Token);
        Assert.Equal(2, (await backend.Reminders.ReadRows(Entry("a").GrainId, Token)).Reminders.Count);

        await backend.Reminders.TestOnlyClearTable(Token);
        Assert.Empty((await backend.Reminders.ReadRows(0, 0, Token)).Reminders);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static uint Hash(ReminderEntry entry) => entry.GrainId.GetUniformHashCode();

    private static ReminderEntry Entry(string grain, string name = "wake") => new()
    {
        GrainId = GrainId.Create("loopwave.test", grain), ReminderName = name,
        StartAt = Backend.Start.UtcDateTime.AddTicks(7), Period = TimeSpan.FromMinutes(1) + TimeSpan.FromTicks(3),
    };
}
