using System.Text.RegularExpressions;
using Loopwave.Chats;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Mongo;

internal sealed class MongoChatStore(MongoDatabase database) : IChatStore
{
    private readonly MongoParties _parties = new(database);

    /// <param name="chat">As it stands.</param>
    /// <param name="root">The chat that it is found under after merges.</param>
    public static BsonDocument Row(ChatDocument chat, string root) => new()
    {
        ["_id"] = chat.Id, ["number"] = chat.Number, ["party"] = chat.Party, ["root"] = root, ["merged"] = chat.MergedInto is not null,
        ["status"] = Rows.Word(chat.Status), ["unread"] = chat.UnreadCount, ["activity"] = Rows.Ticks(chat.LastMessageAt ?? chat.CreatedAt),
        ["updatedAt"] = Rows.Ticks(chat.UpdatedAt), ["search"] = ChatSearch.Text(chat), ["body"] = MongoJson.Write(chat),
    };

    public async Task<ChatDocument?> Get(string id)
    {
        var root = await database.Run(token => Chats.Find(new BsonDocument("_id", id)).FirstOrDefaultAsync(token));
        return root is null ? null
            : root["root"] == id ? Read(root)
            : (await Find(new BsonDocument("_id", root["root"]))).SingleOrDefault();
    }

    public async Task<IReadOnlyList<ChatDocument>> Find(string number, IReadOnlyCollection<string> parties) => await Find(new BsonDocument
    {
        ["party"] = new BsonDocument("$in", await _parties.WithMerged(parties)), ["number"] = number, ["merged"] = false,
    });

    public async Task<IReadOnlyList<ChatDocument>> FindAnywhere(string party) => await Find(
        new BsonDocument { ["party"] = new BsonDocument("$in", await _parties.WithMerged([party])), ["merged"] = false },
        new BsonDocument { ["activity"] = -1, ["_id"] = -1 });

    public async Task<IReadOnlyList<string>> WithMerged(string chat) => (await database.Run(token => Chats
        .Find(new BsonDocument("$or", new BsonArray { new BsonDocument("_id", chat), new BsonDocument { ["root"] = chat, ["merged"] = true } }))
        .Project(new BsonDocument("_id", 1)).ToListAsync(token))).ConvertAll(row => row["_id"].AsString);

    public async Task<Page<ChatDocument>> List(ChatQuery query)
    {
        var list = new MongoList("chats", MongoCollections.Chat) { SortBy = "activity", NewestFirst = true };
        await Restrict(list, query);
        list.Where("merged", false);
        if (query.Filter.Status is { } status)
        {
            list.Among(new BsonDocument("status", Rows.Word(status)));
        }

        // Unread chats have indexes of their own, in the order of their activity.
        if (query.Filter.Unread is true && query.Page.UpdatedAfter is null)
        {
            list.Where("unread", new BsonDocument("$gt", 0));
        }
        else if (query.Filter.Unread is { } unread)
        {
            list.Among(new BsonDocument("unread", unread ? new BsonDocument("$gt", 0) : 0));
        }

        foreach (var word in ChatSearch.Words(query.Filter.Search))
        {
            list.Among(new BsonDocument("search", new BsonRegularExpression(Regex.Escape(word))));
        }

        return await list.UpdatedAfter("updatedAt", query.Page.UpdatedAfter).Page(database, query.Page, Read);
    }

    public async Task<IReadOnlyDictionary<string, string>> Parties(IReadOnlyCollection<string> jids) => await _parties.Behind(jids);

    public async Task<IReadOnlyDictionary<string, string>> Canonical(IReadOnlyCollection<string> parties)
    {
        var merged = await _parties.Merged(parties);
        return parties.Distinct().ToDictionary(party => party, party => merged.GetValueOrDefault(party, party));
    }

    private IMongoCollection<BsonDocument> Chats => database.Collection(MongoCollections.Chat);

    private async Task<IReadOnlyList<ChatDocument>> Find(BsonDocument filter, BsonDocument? sort = null) =>
        (await database.Run(token => Chats.Find(filter).Sort(sort).ToListAsync(token))).ConvertAll(Read);

    private static ChatDocument Read(BsonDocument row) => MongoJson.Read<ChatDocument>(row["body"]);

    private async Task Restrict(MongoList list, ChatQuery query)
    {
        var numbers = ChatSearch.Numbers(query);
        if (!query.Access.SandboxOnly)
        {
            if (numbers is not null)
            {
                list.WhereEither("number", numbers);
            }

            return;
        }

        var identity = $"sandbox {string.Join(' ', numbers ?? [])}";
        var sandbox = await Sandbox(numbers, ListBounds.MostAtOnce + 1);
        if (sandbox.Count <= ListBounds.MostAtOnce || numbers is not null)
        {
            list.WhereEither("number", sandbox, identity);
        }
        else
        {
            // So many have chats enough to be met on the way.
            list.Among(new BsonDocument("number", new BsonDocument("$in", new BsonArray(await Sandbox(null, most: null)))), identity);
        }
    }

    /// <summary>The simulated ones of these numbers, or of all.</summary>
    private async Task<List<string>> Sandbox(IReadOnlyList<string>? numbers, int? most)
    {
        var isSandbox = new BsonDocument("engine", Rows.Word(EngineKind.Sandbox));
        if (numbers is not null)
        {
            (isSandbox["_id"], most) = (new BsonDocument("$in", new BsonArray(numbers)), null);
        }

        return (await database.Run(token => database.Collection(MongoCollections.Number)
            .Find(isSandbox).Limit(most).Project(new BsonDocument("_id", 1)).ToListAsync(token))).ConvertAll(number => number["_id"].AsString);
    }
}
