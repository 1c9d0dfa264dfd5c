using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Loopwave.ApiKeys;
using Loopwave.Deployment;
using Loopwave.Numbers;
using Loopwave.Storage.Mongo;
using Loopwave.Storage.Tests.Conformance;
using Loopwave.Storage.Tests.Postgres;
using Loopwave.Testing.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Tests.Mongo;

/// <summary>How storage on MongoDB starts, and what stops it with a sentence.</summary>
public sealed class MongoStartTests : IAsyncDisposable
{
    private static readonly TimeSpan ToldWithin = TimeSpan.FromSeconds(5);

    private readonly string _name = MongoServer.NewName();

    public async ValueTask DisposeAsync() => await MongoServer.Drop(_name);

    [Fact]
    public async Task Processes_that_start_together_on_an_empty_database_all_come_up_with_all_indexes()
    {
        var key = MongoCredentials.NewKey();
        var storages = Enumerable.Range(0, 4).Select(_ => Storage(key)).ToList();
        await Task.WhenAll(storages.Select(Open));

        foreach (var indexes in MongoSchema.Indexes.GroupBy(index => index.Collection))
        {
            var there = (await (await MongoServer.Database(_name).GetCollection<BsonDocument>(indexes.Key).Indexes.ListAsync()).ToListAsync())
                .ToDictionary(index => index["name"].AsString);
            Assert.All(indexes, index => Assert.Equal(index.Keys, there[index.Name]["key"].AsBsonDocument.Names));
            Assert.All(indexes, index => Assert.Equal(index.Unique, there[index.Name].GetValue("unique", false).ToBoolean()));
        }

        storages.ForEach(storage => storage.Dispose());
    }

    [Fact]
    public async Task A_database_of_a_later_release_is_refused_and_left_alone()
    {
        using (var storage = Storage())
        {
            await Open(storage);
        }

        await MongoServer.Database(_name).GetCollection<BsonDocument>("setting").UpdateOneAsync(
            new BsonDocument("_id", "schemaVersion"), new BsonDocument("$set", new BsonDocument("version", MongoSchema.Version + 1)));
        using var older = Storage();
        var error = await Assert.ThrowsAsync<NewerSchemaException>(() => Open(older));
        Assert.Contains("newer release", error.Message);
    }

    [Fact]
    public async Task A_process_that_runs_is_told_that_a_later_release_has_come_and_waits_for_a_database_that_was_emptied()
    {
        using var storage = Storage();
        await Open(storage);
        var (store, settings) = (new MongoDeploymentStore(storage.Database), MongoServer.Database(_name).GetCollection<BsonDocument>("setting"));
        Assert.False((await store.State()).IsNewer);

        var version = new BsonDocument("_id", "schemaVersion");
        await settings.UpdateOneAsync(version, new BsonDocument("$set", new BsonDocument("version", MongoSchema.Version + 1)));
        Assert.True((await store.State()).IsNewer);

        await settings.DeleteOneAsync(version);
        await Assert.ThrowsAsync<StorageUnavailableException>(store.State);
    }

    [Fact]
    public async Task A_database_of_another_cluster_is_refused_with_its_name_and_stays_that_ones()
    {
        using (var first = Storage(cluster: "east"))
        {
            await Open(first);
        }

        using (var stranger = Storage(cluster: "west"))
        {
            var error = await Assert.ThrowsAsync<DatabaseUnsuitableException>(() => Open(stranger));
            Assert.Contains("CLUSTER_ID is \"west\"", error.Message);
            Assert.Contains("\"east\"", error.Message);
        }

        using var again = Storage(cluster: "east");
        await Open(again);
    }

    [Fact]
    public async Task A_document_of_a_later_release_is_refused_with_a_sentence()
    {
        using var storage = Storage();
        await Open(storage);
        var keys = new MongoApiKeyStore(storage.Database);
        var key = Filled.Of<ApiKeyDocument>();
        await keys.Put(key);
        await storage.Database.Collection("api_key").UpdateOneAsync(
            new BsonDocument("_id", key.Id), new BsonDocument("$set", new BsonDocument("body.schemaVersion", 99)));

        Assert.Contains("newer release", (await Assert.ThrowsAsync<NewerSchemaException>(() => keys.Get(key.Id))).Message);
    }

    [Fact]
    public async Task An_index_of_somebody_else_in_the_place_of_ours_is_refused()
    {
        await MongoServer.Database(_name).GetCollection<BsonDocument>("contact").Indexes.CreateOneAsync(new CreateIndexModel<BsonDocument>(
            new BsonDocument("somethingElse", 1), new CreateIndexOptions { Name = "open_party" }));
        using var storage = Storage();
        var error = await Assert.ThrowsAsync<DatabaseUnsuitableException>(() => Open(storage));
        Assert.Contains("contact", error.Message);
    }

    [Fact]
    public async Task A_clock_that_is_far_from_the_databases_is_refused()
    {
        using var storage = Storage();
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddSeconds(-20));
        var error = await Assert.ThrowsAsync<DatabaseUnsuitableException>(() => storage.Open(clock, TestContext.Current.CancellationToken));
        Assert.Contains("clocks", error.Message);
    }

    [Fact]
    public async Task A_key_that_is_not_the_deployments_is_refused_once_there_are_credentials()
    {
        var key = MongoCredentials.NewKey();
        using (var first = Storage(MongoCredentials.NewKey()))
        {
            await Open(first);
        }

        using (var changed = Storage(key))
        {
            await Open(changed);
            await changed.Credentials.Save(NewId.Number(), 1, [new("creds", [1])], begins: true);
        }

        using (var same = Storage(key))
        {
            await Open(same);
        }

        using var other = Storage(MongoCredentials.NewKey());
        var error = await Assert.ThrowsAsync<DatabaseUnsuitableException>(() => Open(other));
        Assert.Contains("CREDENTIALS_KEY", error.Message);
    }

    [Fact]
    public async Task Every_port_is_registered()
    {
        var collection = new ServiceCollection();
        collection.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        collection.AddMongoStorage(new MongoStorageOptions { Uri = Uri(), CredentialsKey = MongoCredentials.NewKey() });
        collection.AddMongoSandboxRecord();
        await using var services = collection.BuildServiceProvider();
        var files = typeof(Loopwave.Media.IMediaFiles);
        foreach (var port in typeof(INumberStore).Assembly.GetTypes().Where(type =>
            type is { IsInterface: true, IsPublic: true } && type != files
            && typeof(MongoNumberStore).Assembly.GetTypes().Any(one => one.IsClass && one.Name.StartsWith("Mongo", StringComparison.Ordinal) && one.IsAssignableTo(type))))
        {
            Assert.NotNull(services.GetService(port));
        }
    }

    [Fact]
    public async Task A_database_that_is_not_there_is_waited_for_and_one_that_goes_away_is_told_within_five_seconds_until_it_is_back()
    {
        var port = FreePort();
        var failed = new FirstError();
        using var storage = new MongoStorage(
            new MongoStorageOptions { Uri = $"mongodb://127.0.0.1:{port}/{_name}?directConnection=true", CredentialsKey = MongoCredentials.NewKey() }, failed);
        var settings = new MongoDeploymentStore(storage.Database);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => settings.Setting("name"));
        var open = storage.Open(TimeProvider.System, TestContext.Current.CancellationToken);
        await failed.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.False(open.IsCompleted);

        var server = MongoServer.Url(_name).Server.Port;
        await using (new CuttingProxy(server, port))
        {
            await open.WaitAsync(TimeSpan.FromSeconds(30));
            await settings.PutSetting("name", "one");
        }

        var told = Stopwatch.StartNew();
        await Assert.ThrowsAsync<StorageUnavailableException>(() => settings.PutSetting("name", "two"));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => new MongoNumberStore(storage.Database, new MongoCommits(storage.Database), TimeProvider.System)
            .Commit(new NumberChanges { Number = "n", Epoch = 1, Sequence = 1 }, new CommitLane()).WaitAsync(ToldWithin));
        Assert.InRange(told.Elapsed, TimeSpan.Zero, ToldWithin + ToldWithin);

        await using var back = new CuttingProxy(server, port);
        await Until(async () => await settings.Setting("name") == "one");
    }

    [Fact]
    public async Task A_commit_whose_answer_is_lost_is_found_to_be_stored_or_not_and_can_be_made_again()
    {
        await using var backend = await MongoBackend.Open(_name, isOwner: false);
        var owned = await Sample.OwnedNumber(backend);
        await using var proxy = new CuttingProxy(MongoServer.Url(_name).Server.Port);
        await using var cut = await MongoBackend.Open(_name, isOwner: false, options => options with
        {
            Url = new MongoUrl($"mongodb://127.0.0.1:{proxy.Port}/{_name}?directConnection=true"),
        });
        for (var i = 0; i < 10; i++)
        {
            var message = Sample.Message(Sample.Chat(owned.Id), fromMe: true);
            var change = owned.Change() with { NewMessages = [message], Enqueued = [Sample.Queue(message, 100 + i)], Events = [Sample.Event(message, i)] };
            proxy.CutNext();
            if (await Record.ExceptionAsync(() => cut.Numbers.Commit(change, new CommitLane())) is { } error)
            {
                Assert.IsType<StorageUnavailableException>(error);
            }

            await backend.Numbers.Load(owned.Id);
            var isStored = await backend.Messages.Get(message.Id) is not null;
            Assert.Equal(isStored ? CommitResult.Duplicate : CommitResult.Committed, await backend.Numbers.Commit(change, new CommitLane()));
        }

        Assert.Equal(Enumerable.Range(100, 10).Select(sequence => (long)sequence), (await backend.Numbers.Queue(owned.Id, 0, 100)).Select(row => row.Sequence));
        Assert.Equal(10, (await backend.Numbers.Load(owned.Id))!.Queued);
        Assert.Equal(10, (await backend.Outbox(owned.Id)).Count);
    }

    private static async Task Until(Func<Task<bool>> isTrue)
    {
        var since = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                if (await isTrue())
                {
                    return;
                }
            }
            catch (StorageUnavailableException) when (since.Elapsed < TimeSpan.FromSeconds(30))
            {
                // Not yet.
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static Task Open(MongoStorage storage) => storage.Open(TimeProvider.System, TestContext.Current.CancellationToken);

    private MongoStorage Storage(string? key = null, string? cluster = null) => new(
        new MongoStorageOptions
        {
            Uri = Uri(),
            CredentialsKey = key ?? MongoCredentials.NewKey(),
            Cluster = cluster is null ? null : new ClusterIdentity("loopwave", cluster),
        },
        NullLoggerFactory.Instance);

    private string Uri() => MongoServer.Url(_name).ToString();

    /// <summary>A log that knows when the first error is written into it.</summary>
    private sealed class FirstError : ILoggerFactory, ILogger
    {
        private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Task => _written.Task;

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel is LogLevel.Error)
            {
                _written.TrySetResult();
            }
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Dispose()
        {
        }
    }
}
