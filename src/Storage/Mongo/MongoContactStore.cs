using Loopwave.Contacts;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Mongo;

internal sealed class MongoContactStore(MongoDatabase database) : IContactStore
{
    private readonly MongoParties _parties = new(database);

    /// <summary>While it is not merged, the party is there a second time, where it must be the only one.</summary>
    public static BsonDocument Row(ContactDocument contact)
    {
        var row = new BsonDocument
        {
            ["_id"] = contact.Id, ["party"] = contact.Party, ["version"] = contact.Version, ["createdAt"] = Rows.Ticks(contact.CreatedAt),
            ["body"] = MongoJson.Write(contact),
        };
        return contact.MergedInto is null ? row.Add("openParty", contact.Party) : row;
    }

    public async Task<IReadOnlyDictionary<string, ContactDocument>> Find(IReadOnlyCollection<string> parties)
    {
        var withMerged = await _parties.WithMerged(parties);
        var rows = await database.Run(token => database.Collection(MongoCollections.Contact)
            .Find(new BsonDocument("openParty", new BsonDocument("$in", withMerged))).ToListAsync(token));
        var merged = await _parties.Merged(rows.Select(row => row["party"].AsString));

        // Of two contacts whose parties were merged, but which are not yet merged themselves, the older one stands.
        return rows.OrderBy(row => row["createdAt"].ToInt64()).ThenBy(row => row["_id"].AsString, StringComparer.Ordinal)
            .Select(row => (Party: merged.GetValueOrDefault(row["party"].AsString, row["party"].AsString), Contact: MongoJson.Read<ContactDocument>(row["body"])))
            .DistinctBy(row => row.Party).ToDictionary(row => row.Party, row => row.Contact);
    }
}
