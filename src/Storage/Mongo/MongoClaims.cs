using Loopwave.Deployment;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Mongo;

/// <summary>
/// What numbers share (contacts, addresses, merges, idempotency keys) and a commit is about to write, it has to itself from before
/// it looks at it until it is written. A claim names the commit it is for, and the number's document tells what became of that: so
/// a claim that its owner left behind holds up nobody for long.
/// </summary>
internal sealed class MongoClaims(MongoDatabase database, MongoRecords records, Func<MongoRecord, Task> finish)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(100);

    /// <summary>Takes all of these, in one order everywhere; false when a commit of the same number stood in the way, which it does no more.</summary>
    public async Task<bool> Take(MongoRecord record, IReadOnlyCollection<string> keys, MongoUnit unit)
    {
        var since = TimeProvider.System.GetTimestamp();
        var wait = FirstWait;
        for (var left = keys.Distinct().Order(StringComparer.Ordinal).ToList(); left.Count > 0;)
        {
            var taken = await Insert(record, left, unit);
            left.RemoveRange(0, taken);
            if (left.Count == 0)
            {
                return true;
            }

            var other = await database.Run(token => database.Collection(MongoCollections.Claim)
                .Find(new BsonDocument("_id", left[0])).FirstOrDefaultAsync(token));
            if (other is null)
            {
                continue;
            }

            // Two commits of one number are never under way at once: the other one is left over.
            var own = other["number"].AsString == record.Number;
            if (await Settle(other, own || TimeProvider.System.GetElapsedTime(since) >= Patience))
            {
                if (own)
                {
                    return false;
                }

                continue;
            }

            await Task.Delay(wait, TimeProvider.System);
            wait = wait * 2 < LongestWait ? wait * 2 : LongestWait;
            if (TimeProvider.System.GetElapsedTime(since) >= 4 * Patience)
            {
                throw new StorageUnavailableException("Storage is not available: others write the same.");
            }
        }

        return true;
    }

    public Task Release(MongoRecord record, MongoUnit unit) => unit.Write(token => database.Collection(MongoCollections.Claim)
        .DeleteManyAsync(new BsonDocument("record", record.Id), token));

    /// <summary>Removes what commits of this number that are decided have left.</summary>
    public Task Sweep(string number, long commits) => database.Run(token => database.Collection(MongoCollections.Claim).DeleteManyAsync(
        new BsonDocument { ["number"] = number, ["commit"] = new BsonDocument("$lte", commits) }, token));

    /// <summary>How many of these were taken before one that somebody else has.</summary>
    private async Task<int> Insert(MongoRecord record, List<string> keys, MongoUnit unit)
    {
        try
        {
            await unit.Write(async token =>
            {
                await database.Collection(MongoCollections.Claim).InsertManyAsync(
                    keys.Select(key => new BsonDocument
                    {
                        ["_id"] = key, ["number"] = record.Number, ["commit"] = record.Commit, ["record"] = record.Id,
                    }),
                    new InsertManyOptions { IsOrdered = true }, token);
                return true;
            });
            return keys.Count;
        }
        catch (MongoBulkWriteException<BsonDocument> error) when (MongoErrors.IsDuplicate(error))
        {
            return error.WriteErrors[0].Index;
        }
    }

    /// <summary>Ends a claim whose commit is decided; false while it may still come.</summary>
    private async Task<bool> Settle(BsonDocument claim, bool noMore)
    {
        var (number, commit) = (claim["number"].AsString, claim["commit"].ToInt64());
        var stored = await database.Run(token => database.Collection(MongoCollections.Number)
            .Find(new BsonDocument("_id", number)).FirstOrDefaultAsync(token));
        if ((stored?["commits"].ToInt64() ?? 0) < commit)
        {
            if (noMore)
            {
                await records.UseUp(number, commit);
            }

            return false;
        }

        if (await records.Of(stored!) is { } record && record.Id == claim["record"].AsString)
        {
            await finish(record);
        }
        else
        {
            await database.Run(token => database.Collection(MongoCollections.Claim).DeleteOneAsync(
                new BsonDocument { ["_id"] = claim["_id"], ["record"] = claim["record"] }, token));
        }

        return true;
    }
}
