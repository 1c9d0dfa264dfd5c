using Loopwave.Storage.Sandbox;
using Loopwave.Storage.Tests.Conformance;

namespace Loopwave.Storage.Tests.Postgres;

/// <summary>The record of the simulated network that all silos share.</summary>
public sealed class PostgresSandboxRecordTests : SandboxRecordTests
{
    private readonly PostgresBackend _backend;

    public PostgresSandboxRecordTests()
        : this(PostgresBackend.Create())
    {
    }

    private PostgresSandboxRecordTests(PostgresBackend backend)
        : base(new PostgresSandboxRecord(backend.Database)) => _backend = backend;

    public override async ValueTask DisposeAsync()
    {
        await _backend.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task No_two_processes_draw_the_same_order()
    {
        var orders = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Record.Begin(Now)));
        Assert.Equal(10, orders.Select(one => one.After % one.Step).Distinct().Count());
        Assert.All(orders, one => Assert.True(one.AreShared));
    }

    [Fact]
    public async Task A_number_says_how_far_it_has_come_wherever_that_was()
    {
        Assert.Equal(0, (await Record.Load(Number)).Highest);
        await Record.Post([Mail(5), Mail(99, number: "n0000000002")]);
        Assert.Equal(5, (await Record.Load(Number)).Highest);
        await Record.Receive(Arrival(7), [], []);
        await Record.Receive(Arrival(8), [], []);
        Assert.Equal(8, (await Record.Load(Number)).Highest);
        await Record.Opened(new(10, Number, 1, "host", Now));
        Assert.Equal(10, (await Record.Load(Number)).Highest);
        await Record.Ended(Number, 10, 12, Now, "closed");
        Assert.Equal(12, (await Record.Load(Number)).Highest);
    }

    [Fact]
    public async Task A_process_that_begins_leaves_the_connections_of_others_alone_until_one_of_its_own_replaces_them()
    {
        await Record.Opened(new(10, Number, 1, "one", Now));
        await Record.Opened(new(11, "n0000000002", 1, "one", Now));

        await Record.Begin(Now);
        Assert.Null(Assert.Single(await Record.Connections(Number, 0, 10)).To);

        await Record.Opened(new(20, Number, 2, "two", Now.AddSeconds(5)));
        await Record.Ended(Number, 10, 30, Now.AddSeconds(9), "closed");

        var connections = await Record.Connections(Number, 0, 10);
        Assert.Equal([(Now.AddSeconds(5), "replaced"), ((DateTimeOffset?)null, null)], connections.Select(one => (one.To, one.End)));
        Assert.Null(Assert.Single(await Record.Connections("n0000000002", 0, 10)).To);
    }
}
