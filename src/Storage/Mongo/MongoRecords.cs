using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Mongo;

/// <summary>
/// Keeps the records of commits until everything in them is where it belongs. A record that is too large for the number's document
/// is stored in parts before it is decided: they count only once the number's document names it.
/// </summary>
internal sealed class MongoRecords(MongoDatabase database)
{
    // Far below the 16 MB of a document: the number is in the same one. Each row is, too.
    private const int MostBytes = 4 * 1024 * 1024;

    private IMongoCollection<BsonDocument> Numbers => database.Collection(MongoCollections.Number);

    private IMongoCollection<BsonDocument> Parts => database.Collection(MongoCollections.RecordPart);

    /// <summary>What stands for this record in the number's document. Nothing of it is to be seen yet.</summary>
    public async Task<BsonDocument> Prepare(MongoRecord record, long epoch, MongoUnit unit)
    {
        var whole = record.ToBson().ToBson();
        if (whole.Length <= MostBytes)
        {
            return new RawBsonDocument(whole);
        }

        foreach (var rows in record.Split(MostBytes))
        {
            var place = record.InParts++;
            var part = new BsonDocument { ["_id"] = record.PartId(place), ["number"] = record.Number, ["epoch"] = epoch, ["place"] = place, ["rows"] = rows };
            await unit.Write(async token =>
            {
                await Parts.InsertOneAsync(part, null, token);
                return true;
            });
        }

        return record.ToBson();
    }

    /// <summary>The record that a number's document holds; null when everything is where it belongs.</summary>
    public async Task<MongoRecord?> Of(BsonDocument number)
    {
        if (MongoRecord.Of(number) is not { InParts: > 0 } record)
        {
            return MongoRecord.Of(number);
        }

        var parts = await database.Run(token => Parts.Find(IsPartOf(record)).ToListAsync(token));
        if (parts.Count == record.InParts)
        {
            record.Join(parts.OrderBy(part => part["place"].ToInt32()).Select(part => part["rows"].AsBsonDocument));
            return record;
        }

        // Others have finished it meanwhile; or else it is lost.
        return await database.Run(token => Numbers.Find(IsThere(record)).AnyAsync(token))
            ? throw new StorageDamagedException($"Parts of a commit of the number {record.Number} are missing.")
            : null;
    }

    /// <summary>Moves a record to where it belongs, whoever stored it. As often as need be.</summary>
    public Task Apply(MongoRecord record, MongoUnit unit) => Task.WhenAll(record.Writes().GroupBy(part => part.Collection).Select(async parts =>
    {
        foreach (var (collection, writes) in parts)
        {
            try
            {
                await unit.Write(token => database.Collection(collection).BulkWriteAsync(writes, new BulkWriteOptions { IsOrdered = false }, token));
            }
            catch (MongoBulkWriteException<BsonDocument> error) when (error.WriteConcernError is null && error.WriteErrors.All(MongoErrors.IsSameId))
            {
                // What is there was written by this record before, or by a later one.
            }
        }
    }));

    /// <summary>Takes what is where it belongs out of the number.</summary>
    public async Task Remove(MongoRecord record)
    {
        await database.Run(token => Numbers.UpdateOneAsync(
            IsThere(record),
            new BsonDocument("$unset", new BsonDocument { [MongoRecord.Field] = "", [MongoRecord.Since] = "" }),
            cancellationToken: token));
        await Discard(record);
    }

    /// <summary>The parts of a record that is not, or no longer, in its number.</summary>
    public Task Discard(MongoRecord record) => record.InParts == 0
        ? Task.CompletedTask
        : database.Run(token => Parts.DeleteManyAsync(IsPartOf(record), token));

    /// <summary>Removes the parts that earlier owners of a number have left, which can decide nothing any more.</summary>
    public Task Sweep(string number, long epoch) => database.Run(token => Parts.DeleteManyAsync(
        new BsonDocument { ["number"] = number, ["epoch"] = new BsonDocument("$lt", epoch) }, token));

    /// <summary>Uses up a count of commits: whoever was about to decide a commit under it finds nothing, and begins again with the next one.</summary>
    /// <returns>False when somebody else was faster.</returns>
    public async Task<bool> UseUp(string number, long commit)
    {
        try
        {
            return (await database.Run(token => Numbers.UpdateOneAsync(
                new BsonDocument { ["_id"] = number, ["commits"] = commit - 1 },
                new BsonDocument("$set", new BsonDocument("commits", commit)),
                new UpdateOptions { IsUpsert = commit == 1 },
                token))).MatchedCount == 1;
        }
        catch (MongoWriteException error) when (MongoErrors.IsDuplicate(error))
        {
            return false;
        }
    }

    private static BsonDocument IsThere(MongoRecord record) => new() { ["_id"] = record.Number, [MongoRecord.Field + ".id"] = record.Id };

    private static BsonDocument IsPartOf(MongoRecord record) =>
        new("_id", new BsonDocument("$in", new BsonArray(Enumerable.Range(0, record.InParts).Select(record.PartId))));
}
