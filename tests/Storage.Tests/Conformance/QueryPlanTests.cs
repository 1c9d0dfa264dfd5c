using System.Reflection;
using Loopwave.ApiKeys;
using Loopwave.Chats;
using Loopwave.Cluster;
using Loopwave.Deployment;
using Loopwave.Media;
using Loopwave.Numbers;
using Loopwave.Sandbox;
using Loopwave.Team;
using Orleans.Storage;

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
    private static readonly Dictionary<Type, string[]> s_writes = new()
    {
        [typeof(INumberStore)] = [nameof(INumberStore.Create), nameof(INumberStore.Commit)],
        [typeof(IOwnershipStore)] =
        [
            nameof(IOwnershipStore.Register), nameof(IOwnershipStore.Renew), nameof(IOwnershipStore.Revoke), nameof(IOwnershipStore.Claim),
            nameof(IOwnershipStore.Release),
        ],
        [typeof(IMediaStore)] = [nameof(IMediaStore.Put), nameof(IMediaStore.Touch), nameof(IMediaStore.Evict)],
        [typeof(IApiKeyStore)] = [nameof(IApiKeyStore.Put), nameof(IApiKeyStore.NoteUse)],
        [typeof(ITeamStore)] =
        [
            nameof(ITeamStore.Add), nameof(ITeamStore.Put), nameof(ITeamStore.PutSession), nameof(ITeamStore.DeleteSession),
            nameof(ITeamStore.DeleteExpiredSessions),
        ],
        [typeof(IDeploymentStore)] = [nameof(IDeploymentStore.PutSetting), nameof(IDeploymentStore.EnsureSetting), nameof(IDeploymentStore.Probe)],
        [typeof(ISiloStore)] = [nameof(ISiloStore.Report), nameof(ISiloStore.Drain), nameof(ISiloStore.Forget)],
        [typeof(IGrainStorage)] = [nameof(IGrainStorage.WriteStateAsync), nameof(IGrainStorage.ClearStateAsync)],
        [typeof(IReminderTable)] =
        [
            "Init", nameof(IReminderTable.StartAsync), nameof(IReminderTable.StopAsync), nameof(IReminderTable.UpsertRow),
            nameof(IReminderTable.RemoveRow), nameof(IReminderTable.TestOnlyClearTable),
        ],
        [typeof(ISandboxRecord)] =
        [
            nameof(ISandboxRecord.Begin), nameof(ISandboxRecord.Save), nameof(ISandboxRecord.Post), nameof(ISandboxRecord.Receive),
            nameof(ISandboxRecord.Forget), nameof(ISandboxRecord.MarkRead), nameof(ISandboxRecord.Opened), nameof(ISandboxRecord.Ended),
            nameof(ISandboxRecord.Prune),
        ],
    };

    // Everything that is there is the answer, and there is little: keys and people, a row for each silo of a day, one for each change of the schema.
    private static readonly Dictionary<Type, string[]> s_readsOfAll = new()
    {
        [typeof(IApiKeyStore)] = [nameof(IApiKeyStore.List)],
        [typeof(ITeamStore)] = [nameof(ITeamStore.Members)],
        [typeof(ISiloStore)] = [nameof(ISiloStore.Reports)],
        [typeof(IDeploymentStore)] = [nameof(IDeploymentStore.State)],
    };

    private readonly HashSet<MethodInfo> _asked = [];

    /// <summary>The ports over a database that is asked for its plans.</summary>
    protected abstract StorePorts Planned { get; }

    protected abstract IQueryPlans Plans { get; }

    protected StorePorts Ports => field ??= WatchedPort.Before(Planned, _asked);

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    public abstract ValueTask DisposeAsync();

    [Fact]
    public async Task Each_read_of_a_port_is_among_these_unless_it_reads_all_of_a_little()
    {
        await AskAll();

        var asked = _asked.Select(Question).ToHashSet();
        Assert.Empty(PortTypes.SelectMany(port => Methods(port).Where(method => !IsExempt(port, method.Name)).Select(Question)).Except(asked));
    }

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
        await Ports.Media.Needed(["h"]);
        await Ports.Media.TotalSize();
        await Ports.Silos.Outbox();
        await Ports.Reminders.ReadRows(1, 5);
        await Ports.Reminders.ReadRows(GrainId.Create("t", "k"));
        await Ports.Reminders.ReadRow(GrainId.Create("t", "k"), "n");
        await Ports.GrainStorage.ReadStateAsync("words", GrainId.Create("t", "k"), new GrainState<List<string>>());
        await Ports.ApiKeys.Get("k");
        await Ports.Team.Session("s");
        await Ports.Deployment.Setting("s");
        await Plans.AssertIndexed();
    }

    private protected virtual IEnumerable<Type> PortTypes => typeof(StorePorts).GetProperties().Select(port => port.PropertyType);

    private protected virtual async Task AskAll()
    {
        await Reads_of_numbers_follow_an_index();
        await Reads_of_messages_follow_an_index_also_over_merged_chats();
        await Reads_of_chats_and_contacts_follow_an_index();
        await What_else_is_read_follows_an_index();
    }

    private protected T Watched<T>(T port)
        where T : class => (T)WatchedPort.Before(typeof(T), port, _asked);

    private static IEnumerable<MethodInfo> Methods(Type port) => port.GetInterfaces().Prepend(port).SelectMany(type => type.GetMethods());

    // Orleans' own interfaces have each method once more, with a token.
    private static string Question(MethodInfo method) => $"{method.DeclaringType!.Name}.{method.Name}({string.Join(", ", method.GetParameters()
        .Select(parameter => parameter.ParameterType).Where(type => type != typeof(CancellationToken)).Select(type => type.Name))})";

    private static bool IsExempt(Type port, string method) =>
        s_writes.GetValueOrDefault(port, []).Contains(method) || s_readsOfAll.GetValueOrDefault(port, []).Contains(method);
}

/// <summary>Where the simulated network's record is in the same database, for all silos.</summary>
public abstract class SharedQueryPlanTests : QueryPlanTests
{
    protected abstract ISandboxRecord Record { get; }

    [Fact]
    public async Task Reads_of_the_simulated_network_follow_an_index()
    {
        var record = Watched(Record);
        await record.Load("n");
        await record.NumberOf("1");
        await record.Sent("n", null, 0, 10);
        await record.Inbound("n", 0, 10);
        await record.Connections("n", 0, 10);
        await Plans.AssertIndexed();

        // Only what waits for one number is sorted.
        await record.Waiting("n");
        await Plans.AssertIndexed(sorts: true);
    }

    private protected override IEnumerable<Type> PortTypes => base.PortTypes.Append(typeof(ISandboxRecord));

    private protected override async Task AskAll()
    {
        await base.AskAll();
        await Reads_of_the_simulated_network_follow_an_index();
    }
}
