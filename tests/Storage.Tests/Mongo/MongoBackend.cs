using Loopwave.Numbers;
using Loopwave.Storage.Mongo;
using Loopwave.Storage.Tests.Conformance;
using Loopwave.Testing.Storage;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Tests.Mongo;

/// <summary>A process of a cluster, on a MongoDB database of its own or together with others.</summary>
public sealed class MongoBackend : Backend
{
    private readonly Hooks _hooks;
    private readonly bool _isOwner;

    private MongoBackend(string name, MongoDatabase database, Hooks hooks, bool isOwner)
    {
        (Name, Database, _hooks, _isOwner) = (name, database, hooks, isOwner);
        Commits = new MongoCommits(database);
        Ports = new StorePorts
        {
            Numbers = new MongoNumberStore(database, Commits, Clock),
            Ownership = new MongoOwnershipStore(database, Commits),
            Messages = new MongoMessageStore(database),
            Chats = new MongoChatStore(database),
            Contacts = new MongoContactStore(database),
            Media = new MongoMediaStore(database),
            Sent = new MongoSentMessages(database),
            ApiKeys = new MongoApiKeyStore(database),
            Team = new MongoTeamStore(database),
            Deployment = new MongoDeploymentStore(database),
            Silos = new MongoSiloStore(database),
            GrainStorage = new MongoGrainStorage(database),
            Reminders = new MongoReminderTable(database, "test"),
        };
    }

    /// <summary>The database.</summary>
    public string Name { get; }

    internal MongoDatabase Database { get; }

    internal MongoCommits Commits { get; }

    public override StorePorts Ports { get; }

    public override bool Failed => _hooks.Happened;

    public override bool KeepsWhatFailed => true;

    /// <summary>A process with a database of its own.</summary>
    public static MongoBackend Create() => Task.Run(() => Open(MongoTestServer.Take(), isOwner: true)).GetAwaiter().GetResult();

    /// <summary>Another process on the same data.</summary>
    public Task<MongoBackend> Another() => Open(Name, isOwner: false);

    public override async Task<IReadOnlyList<OutboxEvent>> Outbox(string number) => (await Database.Run(token => Database
        .Collection(MongoCollections.Outbox).Find(new BsonDocument("number", number)).Sort(new BsonDocument { ["commit"] = 1, ["place"] = 1 }).ToListAsync(token)))
        .ConvertAll(row => new OutboxEvent(
            row["_id"].AsString, row["number"].AsString, row["chat"].IsBsonNull ? null : row["chat"].AsString, row["sequence"].ToInt64(),
            row["event"].AsString, row["body"].AsByteArray, new DateTimeOffset(row["at"].ToInt64(), TimeSpan.Zero)));

    /// <summary>Has the next unit wait in front of its write <paramref name="index"/>, and of no other; ends when it stands there.</summary>
    public Task HoldBeforeWrite(int index, ManualResetEventSlim goOn) => _hooks.Hold(index, goOn);

    public override void FailBeforeWrite(int index) => _hooks.Arm(index, once: true);

    /// <summary>Nothing of the process gets through any more from here on.</summary>
    public override async Task<Backend?> CutBeforeWrite(int index, Func<Task> unit)
    {
        _hooks.Arm(index, once: false);
        try
        {
            await unit();
        }
        catch (AskedFor)
        {
            // The process that asked never hears of it.
        }

        return _hooks.Happened ? await Another() : null;
    }

    public override async Task ExpireLease(string incarnation)
    {
        var expired = await Database.Run(token => Database.Collection(MongoCollections.Lease).UpdateOneAsync(
            new BsonDocument("_id", incarnation), new BsonDocument("$set", new BsonDocument("renewedAt", DateTime.UnixEpoch)), cancellationToken: token));
        Assert.Equal(1, expired.MatchedCount);
    }

    public override async Task RemoveLease(string incarnation) => Assert.Equal(1, (await Database.Run(token =>
        Database.Collection(MongoCollections.Lease).DeleteOneAsync(new BsonDocument("_id", incarnation), token))).DeletedCount);

    public override async ValueTask DisposeAsync()
    {
        Database.Dispose();
        if (_isOwner)
        {
            await MongoTestServer.GiveBack(Name);
        }
    }

    internal static async Task<MongoBackend> Open(string name, bool isOwner, Func<MongoDatabaseOptions, MongoDatabaseOptions>? change = null)
    {
        var hooks = new Hooks();
        var options = new MongoDatabaseOptions(MongoServer.Url(name)) { Faults = hooks, Patience = TimeSpan.FromSeconds(30) };
        return new MongoBackend(name, await MongoTestServer.Open(change?.Invoke(options) ?? options), hooks, isOwner);
    }

    /// <summary>Stands in front of the writes of the next unit.</summary>
    private sealed class Hooks : IMongoFaults
    {
        private Action<int>? _armed;

        public bool Happened { get; private set; }

        public void Arm(int index, bool once)
        {
            Happened = false;
            _armed = write =>
            {
                if (write == index || (write > index && !once))
                {
                    Happened = true;
                    throw new AskedFor();
                }
            };
        }

        public Task Hold(int index, ManualResetEventSlim goOn)
        {
            var there = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _armed = write =>
            {
                if (write == index)
                {
                    there.SetResult();
                    goOn.Wait(TimeSpan.FromSeconds(60));
                }
            };
            return there.Task;
        }

        public Action Begin()
        {
            var before = Interlocked.Exchange(ref _armed, null);
            var next = -1;
            return () => before?.Invoke(Interlocked.Increment(ref next));
        }
    }
}
