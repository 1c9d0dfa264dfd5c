using Loopwave.Numbers;
using Loopwave.Storage.Mongo;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Credentials;

/// <summary>
/// Credentials in MongoDB: one document that says which version is the one, and the parts of it, which are written first. The file
/// is in parts since a document has a limit; records form a chain, so that one whose writer ended before it counted is not in it.
/// Whoever takes a number writes its epoch here before anything else, and no earlier one is let in afterwards.
/// </summary>
internal sealed class MongoCredentialStore(MongoDatabase database, CredentialKeys keys) : SharedCredentialStore(keys)
{
    private const int PartSize = 8 * 1024 * 1024;
    private const int MostReads = 5;

    private IMongoCollection<BsonDocument> Versions => database.Collection(MongoCollections.Credential);

    private IMongoCollection<BsonDocument> Parts => database.Collection(MongoCollections.CredentialPart);

    protected override async Task<StoredCredentials?> Find(string number)
    {
        StoredCredentials? stored = null;
        BsonDocument? before = null;
        for (var read = 1; read <= MostReads; read++)
        {
            var version = await Version(number);
            if (version is null || !version.Contains("file"))
            {
                return null;
            }

            // Parts that are missing although the version stayed the same are gone.
            if (stored is not null && version.Equals(before))
            {
                return stored;
            }

            before = version;
            var parts = await database.Run(token => Parts
                .Find(new BsonDocument { ["number"] = number, ["file"] = version["file"] }).Sort(new BsonDocument("place", 1)).ToListAsync(token));
            var body = parts.Where(part => !part.Contains("previous")).SelectMany(part => part["body"].AsByteArray).ToArray();
            stored = new StoredCredentials(version["epoch"].ToInt64(), body, Chain(version, parts));
            if (stored.Records is not null && body.Length == version["size"].ToInt32())
            {
                return stored;
            }
        }

        return stored;
    }

    protected override async Task<CommitResult> Append(string number, long epoch, byte[] generation, int place, byte[] record)
    {
        var isVersion = new BsonDocument { ["_id"] = number, ["generation"] = generation, ["records"] = place };
        if (await database.Run(token => Versions.Find(isVersion).FirstOrDefaultAsync(token)) is not { } version)
        {
            return await WhyNot(number, epoch);
        }

        var part = Part(number, epoch, version["file"].AsString, place, record).Add("previous", version["last"]);
        await Insert([part]);
        return await Update(
            number, epoch, isVersion.Add("last", version["last"]),
            new BsonDocument { ["epoch"] = epoch, ["records"] = place + 1, ["last"] = part["_id"] });
    }

    protected override Task<CommitResult> Replace(string number, long epoch, StoredVersion? before, byte[] generation, byte[] body) => Put(
        number, epoch, generation, body,
        before is null
            ? new BsonDocument { ["_id"] = number, ["file"] = new BsonDocument("$exists", false) }
            : new BsonDocument { ["_id"] = number, ["generation"] = (BsonValue?)before.Generation ?? BsonNull.Value, ["records"] = before.Records });

    protected override async Task<CommitResult> Wipe(string number, long epoch, byte[] body) =>
        await Put(number, epoch, BsonNull.Value, body, new BsonDocument("_id", number)) is CommitResult.Committed ? CommitResult.Committed : CommitResult.StaleEpoch;

    private static BsonDocument Part(string number, long epoch, string file, int place, byte[] body) => new()
    {
        ["_id"] = NewId.Key() + NewId.Key(), ["number"] = number, ["epoch"] = epoch, ["file"] = file, ["place"] = place, ["body"] = body,
    };

    /// <summary>The records that count, from the last one back to the first; null when one is missing.</summary>
    private static List<byte[]>? Chain(BsonDocument version, List<BsonDocument> parts)
    {
        var records = parts.Where(part => part.Contains("previous")).ToDictionary(part => part["_id"]);
        var chain = new List<byte[]>();
        for (var at = version["last"]; !at.IsBsonNull; at = records[at]["previous"])
        {
            if (!records.TryGetValue(at, out var record))
            {
                return null;
            }

            chain.Add(record["body"].AsByteArray);
        }

        chain.Reverse();
        return chain.Count == version["records"].ToInt32() ? chain : null;
    }

    private async Task<CommitResult> Put(string number, long epoch, BsonValue generation, byte[] body, BsonDocument isVersion)
    {
        var file = NewId.Key() + NewId.Key();
        await Insert([.. body.Chunk(PartSize).Select((part, place) => Part(number, epoch, file, place, part))]);
        var result = await Update(number, epoch, isVersion, new BsonDocument
        {
            ["epoch"] = epoch, ["generation"] = generation, ["file"] = file, ["size"] = body.Length, ["records"] = 0, ["last"] = BsonNull.Value,
        });
        if (result is CommitResult.Committed)
        {
            // What a later owner is about to write stays.
            await database.Run(token => Parts.DeleteManyAsync(
                new BsonDocument { ["number"] = number, ["file"] = new BsonDocument("$ne", file), ["epoch"] = new BsonDocument("$lte", epoch) }, token));
        }

        return result;
    }

    private Task Insert(List<BsonDocument> parts) => database.Run(async token =>
    {
        foreach (var part in parts)
        {
            await Parts.InsertOneAsync(part, null, token);
        }

        return true;
    });

    /// <summary>The one write that decides.</summary>
    private async Task<CommitResult> Update(string number, long epoch, BsonDocument isVersion, BsonDocument version)
    {
        var notLater = new BsonDocument("$not", new BsonDocument("$gt", epoch));
        var filter = new BsonDocument(isVersion) { ["epoch"] = notLater, ["owned"] = notLater };
        try
        {
            var written = await database.Run(token => Versions.UpdateOneAsync(
                filter, new BsonDocument("$set", version), new UpdateOptions { IsUpsert = !isVersion.Contains("records") }, token));
            if (written.MatchedCount == 1 || written.UpsertedId is not null)
            {
                return CommitResult.Committed;
            }
        }
        catch (MongoWriteException error) when (MongoErrors.IsDuplicate(error))
        {
            // It is there, and not as the filter says.
        }

        return await WhyNot(number, epoch);
    }

    private async Task<CommitResult> WhyNot(string number, long epoch) =>
        await Version(number) is { } version && Math.Max(version.GetValue("epoch", 0).ToInt64(), version.GetValue("owned", 0).ToInt64()) > epoch
            ? CommitResult.StaleEpoch
            : CommitResult.Duplicate;

    private Task<BsonDocument?> Version(string number) => database.Run<BsonDocument?>(async token =>
        await Versions.Find(new BsonDocument("_id", number)).FirstOrDefaultAsync(token));
}
