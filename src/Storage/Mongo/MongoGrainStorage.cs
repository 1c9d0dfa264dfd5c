using System.Security.Cryptography;
using MongoDB.Bson;
using MongoDB.Driver;
using Orleans.Storage;

namespace Loopwave.Storage.Mongo;

/// <summary>
/// State of grains that have no port of their own, in the documents of Orleans.Providers.MongoDB: a collection for each name, and
/// in it the grain's id, an etag and the state. A write or a clearance that knows another etag is refused, so of two activations
/// only one can win.
/// </summary>
internal sealed class MongoGrainStorage(MongoDatabase database) : IGrainStorage
{
    private const string Etag = "_etag";
    private const string Document = "_doc";
    private const string Version = "schemaVersion";

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var stored = await database.Run(token => States<T>(stateName).Find(new BsonDocument("_id", grainId.ToString())).FirstOrDefaultAsync(token));
        grainState.ETag = stored?[Etag].AsString;
        grainState.RecordExists = stored is not null;
        grainState.State = stored is null
            ? Activator.CreateInstance<T>()
            : MongoJson.Read<StoredState<T>>(new BsonDocument { [Version] = stored.GetValue(Version, 1), ["state"] = stored[Document] }).State;
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        // Written down before the first await: the grain may go on and change its state.
        var state = grainState.State ?? throw new InvalidOperationException($"The state {stateName} of {grainId} is null.");
        var document = MongoJson.Write(new StoredState<T>(state));
        var etag = new Guid(RandomNumberGenerator.GetBytes(16)).ToString();
        await Change(stateName, grainId, grainState, async (filter, token) => (await States<T>(stateName).UpdateOneAsync(
            filter,
            new BsonDocument("$set", new BsonDocument { [Etag] = etag, [Version] = document[Version], [Document] = document["state"] }),
            new UpdateOptions { IsUpsert = grainState.ETag is null }, token)) is { MatchedCount: 1 } or { UpsertedId: not null });
        grainState.ETag = etag;
        grainState.RecordExists = true;
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await Change(stateName, grainId, grainState, async (filter, token) => grainState.ETag is null
            ? !await States<T>(stateName).Find(new BsonDocument("_id", grainId.ToString())).AnyAsync(token)
            : (await States<T>(stateName).DeleteOneAsync(filter, token)).DeletedCount == 1);
        grainState.ETag = null;
        grainState.RecordExists = false;
        grainState.State = Activator.CreateInstance<T>();
    }

    private IMongoCollection<BsonDocument> States<T>(string stateName) =>
        database.Collection(MongoCollections.GrainPrefix + (stateName == "state" ? typeof(T).Name : stateName));

    private async Task Change<T>(
        string stateName, GrainId grainId, IGrainState<T> grainState, Func<BsonDocument, CancellationToken, Task<bool>> change)
    {
        var known = grainState.ETag is { } etag ? (BsonValue)etag : new BsonDocument("$exists", false);
        bool changed;
        try
        {
            changed = await database.Run(token => change(new BsonDocument { ["_id"] = grainId.ToString(), [Etag] = known }, token));
        }
        catch (MongoWriteException error) when (MongoErrors.IsDuplicate(error))
        {
            changed = false;
        }

        if (!changed)
        {
            throw new InconsistentStateException($"The state {stateName} of {grainId} was changed by somebody else.", "unknown", grainState.ETag ?? "none");
        }
    }
}
