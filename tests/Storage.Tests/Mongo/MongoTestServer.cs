using System.Collections.Concurrent;
using Loopwave.Storage.Mongo;
using Loopwave.Testing.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using MongoDB.Bson;
using MongoDB.Driver;

[assembly: AssemblyFixture(typeof(Loopwave.Storage.Tests.Mongo.MongoTestServer))]

namespace Loopwave.Storage.Tests.Mongo;

/// <summary>Databases for tests on the server that is named, dropped when all tests are over.</summary>
public sealed class MongoTestServer : IAsyncDisposable
{
    private static readonly ConcurrentBag<string> s_free = [];

    /// <summary>A database with nothing in it.</summary>
    public static string Take() => s_free.TryTake(out var free) ? free : MongoServer.NewName();

    /// <summary>Empties a database for the next test, which is quicker than making all indexes anew.</summary>
    public static async Task GiveBack(string name)
    {
        var database = MongoServer.Database(name);
        foreach (var collection in await (await database.ListCollectionNamesAsync()).ToListAsync())
        {
            await database.GetCollection<BsonDocument>(collection).DeleteManyAsync(new BsonDocument());
        }

        s_free.Add(name);
    }

    /// <summary>A process' view of a database.</summary>
    internal static async Task<MongoDatabase> Open(MongoDatabaseOptions options)
    {
        var database = new MongoDatabase(options, NullLogger.Instance);
        await database.Open(TimeProvider.System);
        return database;
    }

    public async ValueTask DisposeAsync()
    {
        while (s_free.TryTake(out var name))
        {
            await MongoServer.Drop(name);
        }
    }
}
