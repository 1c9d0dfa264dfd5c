using System.Collections.Concurrent;
using Loopwave.Engines;
using Loopwave.Storage.Credentials;
using Loopwave.Storage.Tests.Conformance;
using Loopwave.Testing.Storage;
using MongoDB.Bson;
using MongoDB.Driver;
using MongoDB.Driver.Core.Events;

namespace Loopwave.Storage.Tests.Mongo;

/// <summary>What is asked of the server so that nothing acknowledged is lost when one of its machines is; what it does then is its own.</summary>
public sealed class MongoDurabilityTests : IAsyncDisposable
{
    private static readonly string[] s_writes = ["insert", "update", "delete", "findAndModify", "createIndexes"];
    private static readonly string[] s_reads = ["find", "aggregate", "count"];

    private readonly string _name = MongoServer.NewName();
    private readonly ConcurrentQueue<BsonDocument> _commands = new();

    public async ValueTask DisposeAsync() => await MongoServer.Drop(_name);

    [Fact]
    public async Task Every_write_waits_for_the_journals_of_a_majority_and_every_read_sees_what_one_has_whatever_the_address_says()
    {
        var weak = new MongoUrlBuilder(MongoServer.Url(_name).ToString())
        {
            W = 0, Journal = false, ReadPreference = ReadPreference.SecondaryPreferred, ReadConcernLevel = ReadConcernLevel.Local,
        };
        await using var backend = await MongoBackend.Open(_name, isOwner: false, options => options with
        {
            Url = weak.ToMongoUrl(),
            Configure = cluster => cluster.Subscribe<CommandStartedEvent>(started => _commands.Enqueue((BsonDocument)started.Command.DeepClone())),
        });
        var owned = await Sample.OwnedNumber(backend);
        await backend.Numbers.Commit(MongoQueryTests.Everything(owned), owned.Lane);
        await backend.Numbers.Load(owned.Id);
        await backend.Media.TotalSize();
        await backend.Silos.Outbox();
        await backend.GrainStorage.WriteStateAsync("words", GrainId.Create("t", "k"), new GrainState<List<string>>(["one"]));
        var credentials = new MongoCredentialStore(backend.Database, CredentialKeys.Of(MongoCredentials.NewKey()));
        await credentials.Save(owned.Id, owned.Epoch, [new CredentialEntry("creds", [1])], begins: true);
        await credentials.Wipe(owned.Id, owned.Epoch);

        var writes = _commands.Where(command => s_writes.Contains(command.GetElement(0).Name)).ToList();
        Assert.Empty(s_writes.Except(writes.Select(command => command.GetElement(0).Name)));
        Assert.All(writes, command =>
        {
            var concern = command["writeConcern"].AsBsonDocument;
            Assert.Equal(("majority", true), (concern["w"].AsString, concern.GetValue("j", false).AsBoolean));
        });

        var reads = _commands.Where(command => s_reads.Contains(command.GetElement(0).Name)).ToList();
        Assert.Empty(s_reads.Except(reads.Select(command => command.GetElement(0).Name)).Except(["count"]));
        Assert.All(reads, command => Assert.Equal("majority", command["readConcern"]["level"].AsString));
        Assert.All(_commands, command => Assert.DoesNotContain("secondary", command.GetValue("$readPreference", "").ToString()));
    }
}
