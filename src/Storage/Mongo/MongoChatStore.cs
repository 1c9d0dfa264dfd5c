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
            list.Where("status", Rows.Word(status));
        }

        if (query.Filter.Unread is { } unread)
        {
            list.Where("unread", unread ? new BsonDocument("$gt", 0) : 0);
        }

        foreach (var word in ChatSearch.Words(query.Filter.Search))
        {
            list.Where("search", new BsonRegularExpression(Regex.Escape(word)));
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
        if (query.Access.SandboxOnly)
        {
            var sandbox = await database.Run(token => database.Collection(MongoCollections.Number)
                .Find(new BsonDocument("engine", Rows.Word(EngineKind.Sandbox))).Project(new BsonDocument("_id", 1)).ToListAsync(token));
            list.Meanwhile(new BsonDocument("number", new BsonDocument("$in", new BsonArray(sandbox.Select(number => number["_id"])))), "sandbox");
        }

        var allowed = query.Access.Numbers;
        if (query.Filter.Number is { } number)
        {
            list.WhereEither("number", allowed is null || allowed.Contains(number) ? [number] : []);
        }
        else if (allowed is not null)
        {
            list.WhereEither("number", allowed.Distinct().Order(StringComparer.Ordinal).ToList());
        }
    }
}
