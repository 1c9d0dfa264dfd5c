using Loopwave.Chats;
using Loopwave.Messages;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Mongo;

/// <summary>The network gives a message one identity; what was merged since counts as one chat and one sender.</summary>
internal sealed class MongoMessageIdentity(MongoDatabase database)
{
    private readonly MongoParties _parties = new(database);

    /// <summary>Whether one of these is stored already, or is there twice.</summary>
    public async Task<bool> IsKnown(string number, IReadOnlyList<MessageDocument> messages, Known known)
    {
        if (messages.Count == 0)
        {
            return false;
        }

        var ids = new BsonArray(messages.Select(message => message.WhatsAppId).Distinct());
        var stored = await database.Run(token => database.Collection(MongoCollections.Message)
            .Find(new BsonDocument { ["number"] = number, ["whatsAppId"] = new BsonDocument("$in", ids) })
            .Project(new BsonDocument { ["chat"] = 1, ["sender"] = 1, ["fromMe"] = 1, ["whatsAppId"] = 1 }).ToListAsync(token));
        if (stored.Count == 0 && ids.Count == messages.Count)
        {
            return false;
        }

        List<Place> places =
        [
            .. stored.Select(message => new Place(
                message["chat"].AsString, message["sender"].AsString, message["fromMe"].AsBoolean, message["whatsAppId"].AsString)),
            .. messages.Select(message => new Place(message.Chat, message.Sender ?? "", message.FromMe, message.WhatsAppId)),
        ];
        var chats = await Chats(places.Select(place => place.Chat).Distinct().ToList(), known);
        var merged = await _parties.Merged(places.Select(place => place.Sender).Concat(chats.Values.Select(chat => chat.Party)));
        foreach (var (from, into) in known.Merges)
        {
            merged[from] = into;
        }

        var canonical = (string party) => merged.GetValueOrDefault(party, party);
        for (var i = stored.Count; i < places.Count; i++)
        {
            if (places.Take(i).Any(earlier => IsSame(earlier, places[i])))
            {
                return true;
            }
        }

        return false;

        bool IsSame(Place one, Place two) =>
            one.WhatsAppId == two.WhatsAppId && one.FromMe == two.FromMe && canonical(one.Sender) == canonical(two.Sender)
            && (one.Chat == two.Chat || (chats.TryGetValue(one.Chat, out var a) && chats.TryGetValue(two.Chat, out var b)
                && (a.Root == b.Root || canonical(a.Party) == canonical(b.Party))));
    }

    private async Task<Dictionary<string, (string Root, string Party)>> Chats(List<string> ids, Known known)
    {
        var chats = (await database.Run(token => database.Collection(MongoCollections.Chat)
            .Find(new BsonDocument("_id", new BsonDocument("$in", new BsonArray(ids)))).Project(new BsonDocument { ["root"] = 1, ["party"] = 1 }).ToListAsync(token)))
            .ToDictionary(chat => chat["_id"].AsString, chat => (chat["root"].AsString, chat["party"].AsString));
        foreach (var chat in known.Chats)
        {
            chats[chat.Id] = (known.Roots.GetValueOrDefault(chat.Id, chat.Id), chat.Party);
        }

        return chats;
    }

    /// <summary>What the change at hand makes true: it is compared as it will be.</summary>
    internal sealed record Known(IReadOnlyDictionary<string, string> Merges, IReadOnlyDictionary<string, string> Roots, IReadOnlyList<ChatDocument> Chats);

    private sealed record Place(string Chat, string Sender, bool FromMe, string WhatsAppId);
}
