using Loopwave.Chats;
using Loopwave.Numbers;
using Loopwave.Sandbox;

namespace Loopwave.Storage.Tests.Conformance;

/// <summary>What was asked of a database since it was looked at last, and how it finds the answers.</summary>
public interface IQueryPlans
{
    /// <summary>No table or collection is read from one end to the other.</summary>
    /// <param name="sorts">Little enough is read to be sorted; otherwise everything comes in the order of an index.</param>
    Task AssertIndexed(bool sorts = false);
}

/// <summary>No read goes through a whole table or collection, or sorts one: with a million messages that would be seconds.</summary>
public abstract class QueryPlanTests : IAsyncDisposable
{
    protected abstract StorePorts Ports { get; }

    protected abstract IQueryPlans Plans { get; }

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    public abstract ValueTask DisposeAsync();

    [Fact]
    public async Task Reads_of_numbers_follow_an_index()
    {
        await Ports.Numbers.Load("n");
        await Ports.Numbers.Engine("n");
        await Ports.Numbers.Queue("n", 0, 10);
        await Ports.Numbers.QueueLength("n");
        await Ports.Numbers.Timeline("n");
        await Ports.Numbers.FindIdempotent("s", "k");
        await Ports.Numbers.LinkedElsewhere("n", EngineKind.WhatsApp, "1");
        await Ports.Numbers.Started(NumberRange.OfShard(7), Stop).ToListAsync(Stop);
        await Ports.Ownership.Owner("n");
        await Ports.Ownership.Owned("s");
        foreach (var status in new NumberStatus?[] { null, NumberStatus.Ready, NumberStatus.LoggedOut })
        {
            await Ports.Numbers.List(new NumberQuery(status, new PageRequest(), Access.All));
            await Ports.Numbers.List(new NumberQuery(status, new PageRequest(UpdatedAfter: DateTimeOffset.UnixEpoch), Access.All));
        }

        await Ports.Numbers.FirstReady(Access.All);
        await Plans.AssertIndexed();
    }

    [Fact]
    public async Task Reads_of_messages_follow_an_index_also_over_merged_chats()
    {
        await Ports.Messages.Get("m");
        await Ports.Messages.Get(["m", "n"]);
        await Ports.Messages.FindByWhatsAppId("n", ["w"]);
        await Ports.Messages.FindByWhatsAppId("n", ["v", "w"]);
        await Ports.Messages.Oldest(["c"]);
        await Ports.Messages.NewestInbound(["c"], 10);
        await Ports.Messages.List(["c"], new PageRequest());
        await Ports.Messages.List(["c"], new PageRequest(UpdatedAfter: DateTimeOffset.UnixEpoch));
        await Ports.Sent.Find("n", "w");
        await Plans.AssertIndexed();

        // Of several chats each follows its index to the limit; only what that gives is sorted.
        await Ports.Messages.List(["c", "d"], new PageRequest());
        await Plans.AssertIndexed(sorts: true);
    }

    [Fact]
    public async Task Reads_of_chats_and_contacts_follow_an_index()
    {
        await Ports.Chats.Get("c");
        await Ports.Chats.WithMerged("c");
        await Ports.Chats.Parties(["j"]);
        await Ports.Chats.Canonical(["p"]);
        foreach (var filter in new[] { new ChatFilter(), new ChatFilter(Unread: true), new ChatFilter(Number: "n"), new ChatFilter(ChatStatus.Open, Search: "x") })
        {
            await Ports.Chats.List(new ChatQuery(filter, new PageRequest(), Access.All));
        }

        await Ports.Chats.List(new ChatQuery(new ChatFilter(), new PageRequest(UpdatedAfter: DateTimeOffset.UnixEpoch), Access.All));
        await Plans.AssertIndexed();

        // The parties of a person are few; they are what is sorted here.
        await Ports.Chats.Find("n", ["p"]);
        await Ports.Chats.FindAnywhere("p");
        await Ports.Contacts.Find(["p"]);
        await Plans.AssertIndexed(sorts: true);
    }

    [Fact]
    public async Task What_else_is_read_follows_an_index()
    {
        await Ports.Media.Get(["f"]);
        await Ports.Media.Evictable(10);
        await Ports.Reminders.ReadRows(1, 5);
        await Ports.Reminders.ReadRow(GrainId.Create("t", "k"), "n");
        await Ports.GrainStorage.ReadStateAsync("words", GrainId.Create("t", "k"), new GrainState<List<string>>());
        await Ports.ApiKeys.Get("k");
        await Ports.Team.Session("s");
        await Ports.Deployment.Setting("s");
        await Plans.AssertIndexed();
    }
}

/// <summary>Where the simulated network's record is in the same database, for all silos.</summary>
public abstract class SharedQueryPlanTests : QueryPlanTests
{
    protected abstract ISandboxRecord Record { get; }

    [Fact]
    public async Task Reads_of_the_simulated_network_follow_an_index()
    {
        await Record.Load("n");
        await Record.NumberOf("1");
        await Record.Sent("n", null, 0, 10);
        await Record.Inbound("n", 0, 10);
        await Record.Connections("n", 0, 10);
        await Plans.AssertIndexed();

        // Only what waits for one number is sorted.
        await Record.Waiting("n");
        await Plans.AssertIndexed(sorts: true);
    }
}
