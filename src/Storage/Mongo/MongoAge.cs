using Loopwave.Deployment;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Mongo;

/// <summary>Each new document takes some that are over with it, so a collection needs no sweeping and stays as large as its time.</summary>
internal sealed class MongoAge(MongoDatabase database)
{
    /// <summary>Removes the oldest documents of up to this time, by their field <c>at</c>. A failure is nobody's: the next one removes them.</summary>
    public async Task Forget(string collection, DateTimeOffset upTo, int most)
    {
        try
        {
            var isOver = new BsonDocument("at", new BsonDocument("$lte", Rows.Ticks(upTo)));
            var over = await database.Run(token => database.Collection(collection)
                .Find(isOver).Sort(new BsonDocument("at", 1)).Limit(most).Project(new BsonDocument("_id", 1)).ToListAsync(token));
            if (over.Count > 0)
            {
                isOver["_id"] = new BsonDocument("$in", new BsonArray(over.Select(one => one["_id"])));
                await database.Run(token => database.Collection(collection).DeleteManyAsync(isOver, token));
            }
        }
        catch (StorageUnavailableException)
        {
            // The commit that it came with is stored.
        }
    }
}
