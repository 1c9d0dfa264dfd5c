using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Mongo;

/// <summary>What is over and who is alive, by the database's clock.</summary>
internal sealed class MongoLeases(MongoDatabase database)
{
    public static BsonDocument IsLive => new BsonDocument("revoked", false).AddRange(Within("$gt"));

    public static BsonDocument IsLate => new BsonDocument("revoked", false).AddRange(Within("$lte"));

    /// <summary>How the end of what was <see cref="Renewed"/> compares with now.</summary>
    public static BsonDocument Within(string compared) => new(
        "$expr", new BsonDocument(compared, new BsonArray { new BsonDocument("$add", new BsonArray { "$renewedAt", "$timeToLive" }), "$$NOW" }));

    /// <summary>Whether the time in a field is longer ago than this.</summary>
    public static BsonDocument Over(string field, TimeSpan age) => new(
        "$expr", new BsonDocument("$lt", new BsonArray { new BsonDocument("$add", new BsonArray { "$" + field, (long)age.TotalMilliseconds }), "$$NOW" }));

    public static BsonDocument Renewed(TimeSpan timeToLive) => new()
    {
        ["$set"] = new BsonDocument("timeToLive", (long)timeToLive.TotalMilliseconds), ["$currentDate"] = new BsonDocument("renewedAt", true),
    };

    /// <summary>The names of all incarnations with a live lease.</summary>
    public async Task<BsonArray> Live() => [.. (await database.Run(token => database.Collection(MongoCollections.Lease)
        .Find(IsLive).Project(new BsonDocument("_id", 1)).ToListAsync(token))).Select(lease => lease["_id"])];
}
