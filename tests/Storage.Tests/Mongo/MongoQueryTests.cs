using Loopwave.Chats;
using Loopwave.Media;
using Loopwave.Messages;
using Loopwave.Numbers;
using Loopwave.Sandbox;
using Loopwave.Storage.Credentials;
using Loopwave.Storage.Mongo;
using Loopwave.Storage.Sandbox;
using Loopwave.Storage.Tests.Conformance;
using Loopwave.Testing.Storage;
using MongoDB.Bson;

namespace Loopwave.Storage.Tests.Mongo;

/// <summary>Each write follows an index as well, and so does what only MongoDB is asked.</summary>
public sealed class MongoQueryTests : SharedQueryPlanTests
{
    private readonly string _name = MongoServer.NewName();
    private readonly MongoQueries _queries;
    private readonly MongoBackend _backend;

    public MongoQueryTests()
    {
        _queries = new MongoQueries(_name);
        _backend = Task.Run(() => MongoBackend.Open(_name, isOwner: false, options => options with { Configure = _queries.Listen })).GetAwaiter().GetResult();
        Record = new MongoSandboxRecord(_backend.Database);
    }

    protected override StorePorts Planned => _backend.Ports;

    protected override ISandboxRecord Record { get; }

    protected override IQueryPlans Plans => _queries;

    public override async ValueTask DisposeAsync()
    {
        await _backend.DisposeAsync();
        await MongoServer.Drop(_name);
    }

    [Fact]
    public async Task Commits_and_lists_of_numbers_follow_an_index()
    {
        var owned = await Sample.OwnedNumber(_backend);
        await _backend.Numbers.Commit(Everything(owned), owned.Lane);
        await _backend.Ownership.Release(owned.Id, owned.Epoch);
        await _backend.Ownership.Renew(owned.Incarnation, TimeSpan.FromMinutes(1));
        await _backend.Ownership.Revoke("silo");
        foreach (var access in new[] { Access.All, new Access(SandboxOnly: true), new Access(Numbers: ["n", "m"]) })
        {
            foreach (var status in new NumberStatus?[] { null, NumberStatus.Ready, NumberStatus.Connecting, NumberStatus.LoggedOut })
            {
                await _backend.Numbers.List(new NumberQuery(status, new PageRequest(), access));
                await _backend.Numbers.List(new NumberQuery(status, new PageRequest(UpdatedAfter: DateTimeOffset.UnixEpoch), access));
            }

            await _backend.Numbers.FirstReady(access);
        }

        await AssertIndexed(
            MongoCollections.Number, MongoCollections.Timeline, MongoCollections.Queue, MongoCollections.Idempotency, MongoCollections.Claim,
            MongoCollections.Outbox, MongoCollections.SentMessage, MongoCollections.PartyAlias, MongoCollections.PartyMerge, MongoCollections.Contact);
    }

    [Fact]
    public async Task Lists_of_messages_and_chats_go_on_at_a_cursor_in_their_index()
    {
        var owned = await Sample.OwnedNumber(_backend);
        var chats = Enumerable.Range(0, 2).Select(i => Sample.Chat(owned.Id, lastMessageAt: Backend.Start.AddSeconds(i))).ToArray();
        await _backend.Numbers.Commit(
            owned.Change() with { Chats = chats, NewMessages = [.. chats.Select(chat => Sample.Message(chat)), Sample.Message(chats[0])] }, owned.Lane);
        await _backend.Messages.NewestInbound([chats[0].Id, chats[1].Id], 10);
        foreach (var after in new DateTimeOffset?[] { null, DateTimeOffset.UnixEpoch })
        {
            var first = await _backend.Messages.List([chats[0].Id, chats[1].Id], new PageRequest(1, UpdatedAfter: after));
            await _backend.Messages.List([chats[0].Id, chats[1].Id], new PageRequest(1, first.NextCursor, after));
            foreach (var access in new[] { Access.All, new Access(Numbers: [owned.Id]), new Access(Numbers: [owned.Id, "n"]), new Access(SandboxOnly: true) })
            {
                foreach (var filter in new[]
                {
                    new ChatFilter(), new ChatFilter(Unread: true), new ChatFilter(Unread: false), new ChatFilter(Number: owned.Id),
                    new ChatFilter(Number: owned.Id, Unread: true), new ChatFilter(ChatStatus.Open, Search: "x"), new ChatFilter(Number: owned.Id, Search: "x"),
                })
                {
                    var page = await _backend.Chats.List(new ChatQuery(filter, new PageRequest(1, UpdatedAfter: after), access));
                    await _backend.Chats.List(new ChatQuery(filter, new PageRequest(1, page.NextCursor, after), access));
                }
            }
        }

        await AssertIndexed(MongoCollections.Message, MongoCollections.Chat);
    }

    [Fact]
    public async Task What_else_is_written_follows_an_index()
    {
        var file = Filled.Of<MediaDocument>() with { State = MediaState.Ready };
        await _backend.Media.Put(file);
        await _backend.Media.Touch(file.Id, Backend.Start.AddDays(1));
        await _backend.Media.Evictable(10);
        await _backend.Media.Evict(file);
        await _backend.Media.TotalSize();
        await _backend.Silos.Outbox();
        await _backend.ApiKeys.List();
        await _backend.Team.Members();
        await _backend.Team.DeleteSession("s");
        await _backend.Team.DeleteExpiredSessions(Backend.Start);
        await _backend.Deployment.Probe(TestContext.Current.CancellationToken);
        await _backend.Reminders.ReadRows(5, 1);
        await _backend.Reminders.ReadRows(GrainId.Create("t", "k"));
        await _backend.GrainStorage.WriteStateAsync("words", GrainId.Create("t", "k"), new GrainState<List<string>>(["one"]));
        var credentials = new MongoCredentialStore(_backend.Database, CredentialKeys.Of(MongoCredentials.NewKey()));
        await credentials.Save("n", 1, [new("creds", [1])], begins: true);
        await credentials.Save("n", 1, [new("creds", [2])], begins: true);
        await credentials.Load("n");
        await credentials.Wipe("n", 1);
        await AssertIndexed(
            MongoCollections.Media, MongoCollections.ApiKey, MongoCollections.Member, MongoCollections.MemberSession, MongoCollections.Setting,
            MongoCollections.Reminder, MongoCollections.GrainPrefix + "words", MongoCollections.Credential, MongoCollections.CredentialPart);
    }

    [Fact]
    public async Task Writes_of_the_simulated_network_follow_an_index()
    {
        var mail = new SandboxMail("n", 1, Backend.Start, Backend.Start, "M", "j", [1]);
        await Record.Begin(Backend.Start);
        await Record.Save(new SandboxAccount { Number = "n" }, [mail]);
        await Record.Receive(new("n", "A", "j", "j", "message", "Hi", 2, 1, 1, Backend.Start, "00"), [mail with { Order = 3 }], []);
        await Record.Receive(new("n", "A", "j", "j", "message", "Hi", 4, 1, 1, Backend.Start, "00"), [], []);
        await Record.Opened(new(5, "n", 1, "h", Backend.Start));
        await Record.Opened(new(6, "n", 1, "h", Backend.Start));
        await Record.Ended("n", 6, 7, Backend.Start, "closed");
        await Record.MarkRead("n", ["M"], Backend.Start);
        await Record.Forget("n", [1], Backend.Start);
        await Record.Inbound("n", 0, 10);
        await Record.Sent("n", "j", 0, 10);
        await Record.Prune(Backend.Start.AddDays(1));
        await AssertIndexed(
            MongoCollections.SandboxAccount, MongoCollections.SandboxSent, MongoCollections.SandboxMail, MongoCollections.SandboxReadMark,
            MongoCollections.SandboxConnection);
    }

    [Fact]
    public void A_query_that_no_index_answers_is_noticed()
    {
        static MongoQuery Find(string collection, BsonDocument filter, params string[] sort) =>
            new("find", collection, filter, sort, new BsonDocument { ["find"] = collection, ["filter"] = filter });

        Assert.False(MongoQueries.IsIndexed(Find(MongoCollections.Number, new BsonDocument("body.label", "x")), []));
        var chats = new BsonDocument("merged", false);
        Assert.False(MongoQueries.IsIndexed(Find(MongoCollections.Chat, chats, "unread", "_id"), []));
        Assert.True(MongoQueries.IsIndexed(Find(MongoCollections.Chat, chats, "activity", "_id"), []));

        // In the order of the list, but through everything that is not open: unless the stretch is known.
        var open = Find(MongoCollections.Chat, new BsonDocument(chats) { ["status"] = "open" }, "activity", "_id");
        Assert.False(MongoQueries.IsIndexed(open, []));
        var end = Find(MongoCollections.Chat, chats, "activity", "_id");
        Assert.False(MongoQueries.IsIndexed(open, [end]));
        Assert.True(MongoQueries.IsIndexed(open, [end with { Command = new BsonDocument(end.Command) { ["skip"] = 4999 } }]));
        Assert.False(MongoQueries.IsIndexed(open, [end with { Sort = ["updatedAt", "_id"], Command = new BsonDocument("skip", 4999) }]));

        var unread = new BsonDocument(chats) { ["unread"] = new BsonDocument("$gt", 0) };
        Assert.True(MongoQueries.IsIndexed(Find(MongoCollections.Chat, unread, "activity", "_id"), []));
        Assert.False(MongoQueries.IsIndexed(Find(MongoCollections.Chat, unread, "updatedAt", "_id"), []));
    }

    [Fact]
    public void Leases_and_reports_of_silos_that_are_gone_are_removed_by_the_server() => Assert.Equal(
        [(MongoCollections.Lease, Ages.Silos), (MongoCollections.Silo, Ages.Silos)],
        MongoSchema.Indexes.Where(index => index.Keys is ["renewedAt"]).Select(index => (index.Collection, index.Model().Options.ExpireAfter!.Value)));

    internal static NumberChanges Everything(Owned owned)
    {
        var chat = Sample.Chat(owned.Id);
        var message = Sample.Message(chat, fromMe: true);
        return owned.Change() with
        {
            Timeline = [Sample.Transition(owned.Id, 20)], Aliases = [new(Sample.Jid(), chat.Party)], Merges = [new(NewId.Party(), chat.Party)],
            Chats = [chat, Sample.Chat(owned.Id) with { MergedInto = chat.Id }], Contacts = [Sample.Contact(chat.Party)], NewMessages = [message],
            Enqueued = [Sample.Queue(message, 12)], Dequeued = [11], Sent = [new(owned.Id, "A", [1], Backend.Start)],
            Media = [Filled.Of<MediaDocument>()], Events = [Sample.Event(message, 1)], Idempotency = [Sample.Idempotency("x")],
        };
    }

    private async Task AssertIndexed(params string[] collections)
    {
        Assert.Empty(collections.Except(_queries.Asked.Select(query => query.Collection)));
        await _queries.AssertIndexed(sorts: false);
    }
}
