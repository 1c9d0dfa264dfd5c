using Loopwave.Media;
using Loopwave.Messages;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Mongo;

internal sealed class MongoMediaStore(MongoDatabase database) : IMediaStore
{
    private const int PerQuery = 200;

    private static readonly BsonDocument s_isRefetchable = new() { ["state"] = Rows.Word(MediaState.Ready), ["refetchable"] = true };

    private IMongoCollection<BsonDocument> Files => database.Collection(MongoCollections.Media);

    public static BsonDocument Row(MediaDocument media) => new()
    {
        ["_id"] = media.Id, ["number"] = (BsonValue?)media.Number ?? BsonNull.Value, ["state"] = Rows.Word(media.State),
        ["hash"] = (BsonValue?)media.Hash ?? BsonNull.Value, ["size"] = media.Size ?? 0,
        ["refetchable"] = media.Number is not null && media.Remote is not null, ["usedAt"] = Rows.Ticks(media.UsedAt), ["body"] = MongoJson.Write(media),
    };

    /// <summary>The change that brings a file to this, without forgetting a later use of it.</summary>
    public static BsonDocument Update(BsonDocument row) => new()
    {
        ["$set"] = new BsonDocument(row.Where(field => field.Name is not ("_id" or "usedAt"))),
        ["$max"] = new BsonDocument("usedAt", row["usedAt"]),
    };

    public async Task Put(MediaDocument media)
    {
        var row = Row(media);
        await database.Run(token => Files.UpdateOneAsync(
            new BsonDocument("_id", media.Id), Update(row), new UpdateOptions { IsUpsert = true }, token));
    }

    public async Task<IReadOnlyDictionary<string, MediaDocument>> Get(IReadOnlyCollection<string> ids) =>
        (await database.Run(token => Files.Find(new BsonDocument("_id", new BsonDocument("$in", new BsonArray(ids)))).ToListAsync(token)))
            .ConvertAll(Read).ToDictionary(media => media.Id);

    public Task Touch(string id, DateTimeOffset at) => database.Run(token => Files.UpdateOneAsync(
        new BsonDocument { ["_id"] = id, ["usedAt"] = new BsonDocument("$lt", Rows.Ticks(at - TimeSpan.FromMinutes(1))) },
        new BsonDocument("$set", new BsonDocument("usedAt", Rows.Ticks(at))),
        cancellationToken: token));

    public async Task<IReadOnlyList<MediaDocument>> Evictable(int limit)
    {
        var found = new List<MediaDocument>();
        var isNext = s_isRefetchable;
        while (found.Count < limit)
        {
            var files = await database.Run(token => Files.Find(isNext)
                .Sort(new BsonDocument { ["usedAt"] = 1, ["_id"] = 1 }).Limit(PerQuery).ToListAsync(token));
            var kept = await Kept(files);
            found.AddRange(files.Where(file => !kept.Contains(file["hash"]) && !kept.Contains(file["_id"])).Select(Read).Take(limit - found.Count));
            if (files.Count < PerQuery)
            {
                break;
            }

            isNext = new BsonDocument(s_isRefetchable) { ["usedAt"] = new BsonDocument("$gte", files[^1]["usedAt"]) }.AddRange(Behind(files[^1]));
        }

        return found;
    }

    /// <summary>Looked at before and after: what was uploaded in between is seen by one of the two, and then the file is as it was.</summary>
    public async Task<bool> Evict(MediaDocument file)
    {
        var isSame = new BsonDocument { ["_id"] = file.Id, ["hash"] = (BsonValue?)file.Hash ?? BsonNull.Value }.AddRange(s_isRefetchable);
        var before = await database.Run(token => Files.Find(isSame).FirstOrDefaultAsync(token));
        if (before is null || (await Kept([before])).Count > 0)
        {
            return false;
        }

        var gone = new BsonDocument
        {
            ["state"] = Rows.Word(MediaState.None), ["hash"] = BsonNull.Value,
            ["body"] = MongoJson.Write(file with { State = MediaState.None, Hash = null }),
        };
        var evicted = await database.Run(token => Files.UpdateOneAsync(isSame, new BsonDocument("$set", gone), cancellationToken: token));
        if (evicted.MatchedCount == 0)
        {
            return false;
        }

        if ((await Kept([before])).Count == 0)
        {
            return true;
        }

        await database.Run(token => Files.UpdateOneAsync(
            new BsonDocument { ["_id"] = file.Id, ["state"] = gone["state"], ["hash"] = BsonNull.Value },
            new BsonDocument("$set", new BsonDocument { ["state"] = before["state"], ["hash"] = before["hash"], ["body"] = before["body"] }),
            cancellationToken: token));
        return false;
    }

    public async Task<IReadOnlySet<string>> Needed(IReadOnlyCollection<string> hashes) => (await database.Run(token => Files
        .Find(new BsonDocument { ["state"] = Rows.Word(MediaState.Ready), ["hash"] = new BsonDocument("$in", new BsonArray(hashes)) })
        .Project(new BsonDocument { ["_id"] = 0, ["hash"] = 1 }).ToListAsync(token))).Select(file => file["hash"].AsString).ToHashSet();

    public async Task<long> TotalSize()
    {
        var total = await database.Run(token => Files.Aggregate<BsonDocument>(new[]
        {
            new BsonDocument("$match", new BsonDocument { ["state"] = Rows.Word(MediaState.Ready) }),
            new BsonDocument("$group", new BsonDocument { ["_id"] = new BsonDocument { ["hash"] = "$hash", ["size"] = "$size" } }),
            new BsonDocument("$group", new BsonDocument { ["_id"] = BsonNull.Value, ["size"] = new BsonDocument("$sum", "$_id.size") }),
        }, cancellationToken: token).FirstOrDefaultAsync(token));
        return total?["size"].ToInt64() ?? 0;
    }

    private static BsonDocument Behind(BsonDocument file) => new("$or", new BsonArray
    {
        new BsonDocument("usedAt", new BsonDocument("$gt", file["usedAt"])),
        new BsonDocument { ["usedAt"] = file["usedAt"], ["_id"] = new BsonDocument("$gt", file["_id"]) },
    });

    // The field knows better than the document when the file was last used.
    private static MediaDocument Read(BsonDocument row) =>
        MongoJson.Read<MediaDocument>(row["body"]) with { UsedAt = new DateTimeOffset(row["usedAt"].ToInt64(), TimeSpan.Zero) };

    /// <summary>Of these files, the hashes that stay because another file needs the content, and the ids of those that came through a number that is gone.</summary>
    private async Task<HashSet<BsonValue>> Kept(IReadOnlyList<BsonDocument> files)
    {
        if (files.Count == 0)
        {
            return [];
        }

        var same = await database.Run(token => Files
            .Find(new BsonDocument
            {
                ["hash"] = new BsonDocument("$in", new BsonArray(files.Select(file => file["hash"]).Distinct())), ["state"] = Rows.Word(MediaState.Ready),
            })
            .Project(new BsonDocument { ["hash"] = 1, ["number"] = 1, ["refetchable"] = 1 }).ToListAsync(token));
        var removed = (await database.Run(token => database.Collection(MongoCollections.Number)
            .Find(new BsonDocument { ["_id"] = new BsonDocument("$in", new BsonArray(same.Concat(files).Select(file => file["number"]).Distinct())), ["removed"] = true })
            .Project(new BsonDocument("_id", 1)).ToListAsync(token))).ConvertAll(number => number["_id"]).ToHashSet();
        return
        [
            .. same.Where(file => !file["refetchable"].AsBoolean || removed.Contains(file["number"])).Select(file => file["hash"]),
            .. files.Where(file => removed.Contains(file["number"])).Select(file => file["_id"]),
        ];
    }
}
