using Loopwave.Sandbox;
using Loopwave.Storage.Mongo;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Sandbox;

/// <summary>The pages that tests and integrators read, and what becomes of what is old.</summary>
internal sealed partial class MongoSandboxRecord
{
    private const int PruneStep = 2_000;

    public async Task<IReadOnlyList<SandboxSent>> Sent(string number, string? chat, long after, int limit)
    {
        var filter = new BsonDocument { ["number"] = number, ["order"] = new BsonDocument("$gt", after) };
        if (chat is not null)
        {
            filter["chat"] = chat;
        }

        return (await database.Run(token => SentMessages.Find(filter).Sort(new BsonDocument("order", 1)).Limit(limit).ToListAsync(token)))
            .ConvertAll(row => new SandboxSent
            {
                WhatsAppId = row["whatsAppId"].AsString,
                Jid = row["jid"].AsString,
                Chat = row["chat"].AsString,
                Kind = row["kind"].AsString,
                Text = Text(row["text"]),
                Count = row["count"].ToInt32(),
                First = Arrival(row),
                Repeats = [.. row["repeats"].AsBsonArray.Select(repeat => Arrival(repeat.AsBsonDocument))],
            });
    }

    public async Task<IReadOnlyList<SandboxInbound>> Inbound(string number, long after, int limit)
    {
        await Written(number);
        var mail = await database.Run(token => Mail
            .Find(new BsonDocument
            {
                ["number"] = number, ["_id"] = new BsonDocument("$gt", after), ["whatsAppId"] = new BsonDocument("$ne", BsonNull.Value),
            })
            .Sort(new BsonDocument("_id", 1)).Limit(limit).ToListAsync(token));
        var marks = (await database.Run(token => database.Collection(MongoCollections.SandboxReadMark)
            .Find(new BsonDocument("_id", new BsonDocument("$in", new BsonArray(mail.Select(row => $"{number}/{row["whatsAppId"].AsString}"))))).ToListAsync(token)))
            .ToDictionary(mark => mark["_id"].AsString, mark => Time(mark["at"]));
        return mail.ConvertAll(row => new SandboxInbound(
            row["whatsAppId"].AsString, row["jid"].AsString, row["_id"].ToInt64(), Time(row["at"]), OptionalTime(row, "acknowledgedAt"),
            marks.TryGetValue($"{number}/{row["whatsAppId"].AsString}", out var at) ? at : null));
    }

    public async Task<IReadOnlyList<SandboxConnectionView>> Connections(string number, long after, int limit)
    {
        await database.Behind(() => _turns.Settle(number));
        await EndLeft(number);
        return (await database.Run(token => Links
            .Find(new BsonDocument { ["number"] = number, ["_id"] = new BsonDocument("$gt", after) })
            .Sort(new BsonDocument("_id", 1)).Limit(limit).ToListAsync(token)))
            .ConvertAll(row => new SandboxConnectionView(
                row["_id"].ToInt64(), row["epoch"].ToInt64(), row["host"].AsString, Time(row["openedAt"]), OptionalTime(row, "endedAt"),
                row.TryGetValue("endOrder", out var order) ? order.ToInt64() : null, row.TryGetValue("how", out var how) ? how.AsString : null));
    }

    public async Task Prune(DateTimeOffset before)
    {
        await Prune(SentMessages, "at", before);
        await Prune(Mail, "acknowledgedAt", before);
        await Prune(Links, "endedAt", before);
    }

    private static SandboxArrival Arrival(BsonDocument row) => new(
        row["order"].ToInt64(), row["connection"].ToInt64(), row["epoch"].ToInt64(), Time(row["at"]), row["hash"].AsString);

    private static DateTimeOffset? OptionalTime(BsonDocument row, string field) =>
        row.TryGetValue(field, out var ticks) && !ticks.IsBsonNull ? Time(ticks) : null;

    /// <summary>The highest order of a number that another process can have drawn.</summary>
    private async Task<long> Highest(string number)
    {
        var highest = await Task.WhenAll(
            Highest(SentMessages, number, "lastOrder"), Highest(Mail, number, "_id"), Highest(Links, number, "_id"), Highest(Links, number, "endOrder"));
        return highest.Max();
    }

    private async Task<long> Highest(IMongoCollection<BsonDocument> collection, string number, string field) => (await database.Run(token => collection
        .Find(new BsonDocument { ["number"] = number, [field] = new BsonDocument("$gt", 0) }).Sort(new BsonDocument(field, -1)).Limit(1)
        .Project(new BsonDocument(field, 1)).FirstOrDefaultAsync(token)))?[field].ToInt64() ?? 0;

    // In steps, oldest first, so that nobody waits long behind one.
    private async Task Prune(IMongoCollection<BsonDocument> collection, string field, DateTimeOffset before)
    {
        var isDone = new BsonDocument(field, new BsonDocument("$lt", Rows.Ticks(before)));
        List<BsonValue> done;
        do
        {
            done = (await database.Run(token => collection.Find(isDone).Sort(new BsonDocument(field, 1)).Limit(PruneStep)
                .Project(new BsonDocument("_id", 1)).ToListAsync(token))).ConvertAll(row => row["_id"]);
            if (done.Count > 0)
            {
                var those = new BsonDocument(isDone).Add("_id", new BsonDocument("$in", new BsonArray(done)));
                await database.Run(token => collection.DeleteManyAsync(those, token));
            }
        }
        while (done.Count == PruneStep);
    }
}
