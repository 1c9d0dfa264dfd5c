using System.Globalization;
using System.Security.Cryptography;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Mongo;

/// <summary>
/// Orleans' reminders, where MongoDB is all there is, in the documents of Orleans.Providers.MongoDB. A date there is exact to the
/// millisecond, so the ticks stand beside it.
/// </summary>
internal sealed class MongoReminderTable(MongoDatabase database, string service) : IReminderTable
{
    private IMongoCollection<BsonDocument> Reminders => database.Collection(MongoCollections.Reminder);

    public Task<ReminderTableData> ReadRows(GrainId grainId) => Read(Ours().Add("GrainId", grainId.ToString()));

    /// <summary>The rows of a piece of the ring of hashes: above begin, up to end; it may go over the top.</summary>
    public Task<ReminderTableData> ReadRows(uint begin, uint end)
    {
        var (above, upTo) = (new BsonDocument("$gt", (long)begin), new BsonDocument("$lte", (long)end));
        return Read(begin < end
            ? Ours().Add("GrainHash", new BsonDocument(above).AddRange(upTo))
            : new BsonDocument("$or", new BsonArray { Ours().Add("GrainHash", above), Ours().Add("GrainHash", upTo) }));
    }

    public async Task<ReminderEntry?> ReadRow(GrainId grainId, string reminderName) =>
        await database.Run(token => Reminders.Find(new BsonDocument { ["_id"] = Id(grainId, reminderName), ["IsDeleted"] = false }).FirstOrDefaultAsync(token))
            is { } row ? Entry(row) : null;

    public async Task<string?> UpsertRow(ReminderEntry entry)
    {
        var etag = new Guid(RandomNumberGenerator.GetBytes(16)).ToString();
        var id = Id(entry.GrainId, entry.ReminderName);
        var row = new BsonDocument
        {
            ["_id"] = id, ["IsDeleted"] = false, ["ServiceId"] = service, ["GrainId"] = entry.GrainId.ToString(), ["ReminderName"] = entry.ReminderName,
            ["GrainHash"] = (long)entry.GrainId.GetUniformHashCode(), ["StartAt"] = entry.StartAt, ["StartAtTicks"] = entry.StartAt.Ticks,
            ["Period"] = entry.Period.ToString("c", CultureInfo.InvariantCulture), ["Etag"] = etag,
        };
        await database.Run(token => Reminders.ReplaceOneAsync(new BsonDocument("_id", id), row, new ReplaceOptions { IsUpsert = true }, token));
        return etag;
    }

    public async Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag) => (await database.Run(token => Reminders.DeleteOneAsync(
        new BsonDocument { ["_id"] = Id(grainId, reminderName), ["Etag"] = eTag }, token))).DeletedCount == 1;

    public Task TestOnlyClearTable() => database.Run(token => Reminders.DeleteManyAsync(Ours(), token));

    private static ReminderEntry Entry(BsonDocument row) => new()
    {
        GrainId = GrainId.Parse(row["GrainId"].AsString, CultureInfo.InvariantCulture),
        ReminderName = row["ReminderName"].AsString,
        StartAt = row.TryGetValue("StartAtTicks", out var ticks) ? new DateTime(ticks.ToInt64(), DateTimeKind.Utc) : row["StartAt"].ToUniversalTime(),
        Period = TimeSpan.Parse(row["Period"].AsString, CultureInfo.InvariantCulture),
        ETag = row["Etag"].AsString,
    };

    private BsonDocument Ours() => new() { ["IsDeleted"] = false, ["ServiceId"] = service };

    private string Id(GrainId grainId, string name) => $"{service}_{grainId}_{name}";

    private async Task<ReminderTableData> Read(BsonDocument filter) =>
        new((await database.Run(token => Reminders.Find(filter).ToListAsync(token))).ConvertAll(Entry));
}
