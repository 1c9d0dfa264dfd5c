using Loopwave.Cluster;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Mongo;

/// <summary>What silos tell of themselves, by the database's clock. What is out of date for a day is deleted by an index.</summary>
internal sealed class MongoSiloStore(MongoDatabase database) : ISiloStore
{
    // More than these are not worth counting one by one; what the server estimates can be off after it was killed.
    private const int MostCounted = 100_000;

    private IMongoCollection<BsonDocument> Silos => database.Collection(MongoCollections.Silo);

    private IMongoCollection<BsonDocument> Events => database.Collection(MongoCollections.Outbox);

    public async Task<bool> Report(SiloReport report, TimeSpan timeToLive)
    {
        var renewed = MongoLeases.Renewed(timeToLive);
        renewed["$set"]["report"] = MongoJson.Write(report);
        renewed["$setOnInsert"] = new BsonDocument("drain", false);
        var stored = await database.Run(token => Silos.FindOneAndUpdateAsync<BsonDocument>(
            new BsonDocument("_id", report.Silo), renewed,
            new FindOneAndUpdateOptions<BsonDocument> { IsUpsert = true, ReturnDocument = ReturnDocument.After }, token));
        return stored["drain"].AsBoolean;
    }

    public async Task<IReadOnlyList<SiloReport>> Reports()
    {
        var stored = await database.Run(token => Silos.Find(MongoLeases.Within("$gt")).ToListAsync(token));
        return
        [
            .. stored.Select(silo => MongoJson.Read<SiloReport>(silo["report"]).Wanted(drain: silo["drain"].AsBoolean))
                .OrderBy(report => report.Name, StringComparer.Ordinal).ThenBy(report => report.Silo, StringComparer.Ordinal),
        ];
    }

    public async Task<bool> Drain(string silo, bool drain) => (await database.Run(token => Silos.UpdateOneAsync(
        new BsonDocument("_id", silo), new BsonDocument("$set", new BsonDocument("drain", drain)), cancellationToken: token))).MatchedCount == 1;

    public Task Forget(string silo) => database.Run(token => Silos.DeleteOneAsync(new BsonDocument("_id", silo), token));

    public async Task<OutboxView> Outbox()
    {
        var oldest = await database.Run(token => Events.Find(new BsonDocument()).Sort(new BsonDocument("at", 1)).Limit(1)
            .Project(new BsonDocument("at", 1)).FirstOrDefaultAsync(token));
        return oldest is null ? new OutboxView(0, null) : new OutboxView(await CountEvents(), new DateTimeOffset(oldest["at"].ToInt64(), TimeSpan.Zero));
    }

    private async Task<long> CountEvents()
    {
        var counted = await database.Run(token => Events.CountDocumentsAsync(
            new BsonDocument("at", new BsonDocument("$gte", 0)), new CountOptions { Limit = MostCounted }, token));
        return counted < MostCounted ? counted : Math.Max(counted, await database.Run(token => Events.EstimatedDocumentCountAsync(null, token)));
    }
}
