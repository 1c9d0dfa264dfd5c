using Loopwave.Messages;

namespace Loopwave.Storage.Sql;

internal sealed class SqlMessageStore(ISqlDatabase database) : IMessageStore
{
    private ISqlDialect Dialect => database.Dialect;

    public async Task<MessageDocument?> Get(string id) => (await Get([id])).SingleOrDefault();

    public async Task<IReadOnlyList<MessageDocument>> Get(IReadOnlyCollection<string> ids) => await database.Query(
        new Statement($"SELECT body FROM message WHERE id IN ({Dialect.Values("@ids")})", ("@ids", Dialect.List(ids))),
        row => row.Document<MessageDocument>(0));

    public async Task<IReadOnlyList<MessageDocument>> FindByWhatsAppId(string number, IReadOnlyCollection<string> whatsAppIds) =>
        await database.Query(
            new Statement(
                $"SELECT body FROM message WHERE number = @number AND whatsapp_id IN ({Dialect.Values("@ids")})",
                ("@number", number), ("@ids", Dialect.List(whatsAppIds))),
            row => row.Document<MessageDocument>(0));

    public Task<Page<MessageDocument>> List(IReadOnlyCollection<string> chats, PageRequest page) =>
        new SqlList("messages", "message", "body") { SortBy = "timestamp", NewestFirst = true }
            .WhereEither("chat", chats)
            .UpdatedAfter("updated_at", page.UpdatedAfter)
            .Page(database, page, row => row.Document<MessageDocument>(2));

    public async Task<MessageDocument?> Oldest(IReadOnlyCollection<string> chats) =>
        (await new SqlList("oldest", "message", "body") { SortBy = "timestamp", NewestFirst = false }
            .WhereEither("chat", chats)
            .Page(database, new PageRequest(Limit: 1), row => row.Document<MessageDocument>(2))).Data.SingleOrDefault();

    public async Task<IReadOnlyList<MessageDocument>> NewestInbound(IReadOnlyCollection<string> chats, int limit) =>
        (await new SqlList("inbound", "message", "body") { SortBy = "timestamp", NewestFirst = true }
            .WhereEither("chat", chats)
            .Where("from_me = 0")
            .Page(database, new PageRequest(Limit: Math.Clamp(limit, 1, 200)), row => row.Document<MessageDocument>(2))).Data;
}
