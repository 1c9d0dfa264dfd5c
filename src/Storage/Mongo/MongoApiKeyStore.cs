using Loopwave.ApiKeys;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Mongo;

internal sealed class MongoApiKeyStore(MongoDatabase database) : IApiKeyStore
{
    private IMongoCollection<BsonDocument> Keys => database.Collection(MongoCollections.ApiKey);

    public async Task<ApiKeyDocument?> Get(string id) =>
        await database.Run(token => Keys.Find(new BsonDocument("_id", id)).FirstOrDefaultAsync(token)) is { } row ? Read(row) : null;

    public async Task<IReadOnlyList<ApiKeyDocument>> List() => (await database.Run(token => Keys
        .Find(new BsonDocument()).Sort(new BsonDocument { ["createdAt"] = 1, ["_id"] = 1 }).ToListAsync(token))).ConvertAll(Read);

    public Task Put(ApiKeyDocument key) => database.Run(token => Keys.UpdateOneAsync(
        new BsonDocument("_id", key.Id),
        new BsonDocument
        {
            ["$set"] = new BsonDocument("body", MongoJson.Write(key)), ["$setOnInsert"] = new BsonDocument("createdAt", Rows.Ticks(key.CreatedAt)),
        },
        new UpdateOptions { IsUpsert = true }, token));

    // Written times stand in the order of the times: all are of the same zone.
    public Task NoteUse(string id, DateTimeOffset at)
    {
        var used = MongoJson.Write(at.ToUniversalTime());
        return database.Run(token => Keys.UpdateOneAsync(
            new BsonDocument { ["_id"] = id, ["body.lastUsedAt"] = new BsonDocument("$not", new BsonDocument("$gte", used)) },
            new BsonDocument("$set", new BsonDocument("body.lastUsedAt", used)), cancellationToken: token));
    }

    private static ApiKeyDocument Read(BsonDocument row) => MongoJson.Read<ApiKeyDocument>(row["body"]);
}
