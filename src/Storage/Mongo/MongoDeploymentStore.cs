using Loopwave.Deployment;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Mongo;

internal sealed class MongoDeploymentStore(MongoDatabase database) : IDeploymentStore
{
    private const string ProbeSetting = "storage.probe";

    private IMongoCollection<BsonDocument> Settings => database.Collection(MongoCollections.Setting);

    public async Task<string?> Setting(string name) =>
        (await database.Run(token => Settings.Find(new BsonDocument("_id", name)).FirstOrDefaultAsync(token)))?["value"].AsString;

    public Task PutSetting(string name, string value) => database.Run(token => Settings.UpdateOneAsync(
        new BsonDocument("_id", name), new BsonDocument("$set", new BsonDocument("value", value)), new UpdateOptions { IsUpsert = true }, token));

    public async Task<string> EnsureSetting(string name, string value)
    {
        while (true)
        {
            try
            {
                var ensured = await database.Run(token => Settings.FindOneAndUpdateAsync<BsonDocument>(
                    new BsonDocument("_id", name),
                    new BsonDocument("$setOnInsert", new BsonDocument("value", value)),
                    new FindOneAndUpdateOptions<BsonDocument> { IsUpsert = true, ReturnDocument = ReturnDocument.After }, token));
                return ensured["value"].AsString;
            }
            catch (MongoCommandException error) when (MongoErrors.IsDuplicate(error))
            {
                // Somebody else was faster, and the next look finds theirs.
            }
        }
    }

    public async Task Probe(CancellationToken cancellationToken)
    {
        await PutSetting(ProbeSetting, "written").WaitAsync(cancellationToken);
        await Setting(ProbeSetting).WaitAsync(cancellationToken);
    }

    public async Task<StoreState> State()
    {
        var state = await database.Run(token => Settings.Aggregate<BsonDocument>(new[]
        {
            new BsonDocument("$match", new BsonDocument("_id", MongoSchema.VersionSetting)),
            new BsonDocument("$project", new BsonDocument { ["version"] = 1, ["now"] = "$$NOW" }),
        }, cancellationToken: token).FirstOrDefaultAsync(token));
        return state is null
            ? throw new StorageUnavailableException("The database does not say which release it is of: it was emptied, or is being restored.")
            : new StoreState(state["now"].ToUniversalTime(), MongoSchema.IsNewer(state));
    }
}
