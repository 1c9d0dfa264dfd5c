using Loopwave.Messages;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Mongo;

internal sealed class MongoMessageStore(MongoDatabase database) : IMessageStore
{
    public static BsonDocument Row(MessageDocument message) => new BsonDocument
    {
        ["number"] = message.Number, ["chat"] = message.Chat, ["sender"] = message.Sender ?? "", ["fromMe"] = message.FromMe, ["whatsAppId"] = message.WhatsAppId,
    }.AddRange(ChangedRow(message));

    /// <summary>What can change of a message.</summary>
    public static BsonDocument ChangedRow(MessageDocument message) => new()
    {
        ["_id"] = message.Id, ["timestamp"] = Rows.Ticks(message.Timestamp), ["updatedAt"] = Rows.Ticks(message.UpdatedAt), ["body"] = MongoJson.Write(message),
    };

    public async Task<MessageDocument?> Get(string id) => (await Get([id])).SingleOrDefault();

    public Task<IReadOnlyList<MessageDocument>> Get(IReadOnlyCollection<string> ids) => Messages(new BsonDocument("_id", OneOf(ids)));

    public Task<IReadOnlyList<MessageDocument>> FindByWhatsAppId(string number, IReadOnlyCollection<string> whatsAppIds) =>
        Messages(new BsonDocument { ["number"] = number, ["whatsAppId"] = OneOf(whatsAppIds) });

    public Task<Page<MessageDocument>> List(IReadOnlyCollection<string> chats, PageRequest page) =>
        List("messages", chats, newestFirst: true).UpdatedAfter("updatedAt", page.UpdatedAfter).Page(database, page, Read);

    public async Task<MessageDocument?> Oldest(IReadOnlyCollection<string> chats) =>
        (await List("oldest", chats, newestFirst: false).Page(database, new PageRequest(Limit: 1), Read)).Data.SingleOrDefault();

    public async Task<IReadOnlyList<MessageDocument>> NewestInbound(IReadOnlyCollection<string> chats, int limit) =>
        (await List("inbound", chats, newestFirst: true).Where("fromMe", false)
            .Page(database, new PageRequest(Limit: Math.Clamp(limit, 1, 200)), Read)).Data;

    private static MongoList List(string name, IReadOnlyCollection<string> chats, bool newestFirst) =>
        new MongoList(name, MongoCollections.Message) { SortBy = "timestamp", NewestFirst = newestFirst }.WhereEither("chat", chats);

    private static BsonValue OneOf(IReadOnlyCollection<string> values) =>
        values.Count == 1 ? values.First() : new BsonDocument("$in", new BsonArray(values));

    private static MessageDocument Read(BsonDocument row) => MongoJson.Read<MessageDocument>(row["body"]);

    private async Task<IReadOnlyList<MessageDocument>> Messages(BsonDocument filter) =>
        (await database.Run(token => database.Collection(MongoCollections.Message).Find(filter).ToListAsync(token))).ConvertAll(Read);
}
