using Loopwave.Processes;
using Loopwave.Testing.Storage;
using MongoDB.Bson;
using Xunit;

namespace Loopwave.Cluster.Mongo;

/// <summary>
/// What happens to messages while processes that keep their data in MongoDB are killed: the network's own ledger is checked as with the
/// other databases.
/// </summary>
public sealed class MongoLedgerTests(ITestOutputHelper output) : IAsyncDisposable
{
    private static readonly LedgerPlan Small = new(1, 2, Numbers: 10, ChatsPerNumber: 5, Messages: 800, Inbound: 400);

    private readonly string _database = MongoServer.NewName();

    public async ValueTask DisposeAsync() => await MongoServer.Drop(_database);

    [Fact]
    public async Task Standalone_that_is_killed_loses_and_doubles_nothing()
    {
        await using var deployment = new LoopwaveDeployment();
        Prepare(deployment.Settings);
        deployment.Settings["Api__RequestsPerMinute"] = "10000000";
        await new LedgerRun(Small, new StandaloneTarget(deployment, new Kill()), output.WriteLine).Play();
        await AssertStored();
    }

    [Fact]
    public Task Silos_that_are_killed_lose_and_double_nothing() => Play(new KillSilo(1), new KillSilo(2));

    [Fact]
    public Task A_silo_that_stands_still_until_it_is_declared_dead_loses_and_doubles_nothing() =>
        Play(new FreezeSilo(1, TimeSpan.FromSeconds(30)), new RestartSilo(2));

    private async Task Play(params IReadOnlyList<IClusterDisturbance> disturbances)
    {
        await using var deployment = await ClusterDeployment.Create();
        Prepare(deployment.Settings);
        await new LedgerRun(Small, new ClusterTarget(deployment, disturbances), output.WriteLine).Play();
        await AssertStored();
    }

    /// <summary>It was MongoDB that was tested, and nothing is left on the way to its place.</summary>
    private async Task AssertStored()
    {
        var database = MongoServer.Database(_database);
        Assert.Equal(Small.Messages + Small.Inbound, await database.GetCollection<BsonDocument>("message").CountDocumentsAsync(new BsonDocument()));
        Assert.Equal(0, await database.GetCollection<BsonDocument>("number").CountDocumentsAsync(new BsonDocument("queued", new BsonDocument("$ne", 0))));
        Assert.Equal(0, await database.GetCollection<BsonDocument>("claim").CountDocumentsAsync(new BsonDocument()));
    }

    private void Prepare(Dictionary<string, string?> settings)
    {
        settings["MONGODB_URI"] = MongoServer.Url(_database).ToString();
        settings["Sandbox__Echo"] = "false";
        settings["Sandbox__LinkDelay"] = "00:00:00";
        settings["Sandbox__HistoryChats"] = "0";
    }
}
