using Loopwave.Messages;

namespace Loopwave.Storage.Sql;

internal sealed class SqlMessageStore(ISqlDatabase database) : IMessageStore
{
    private ISqlDialect Dialect => database.Dialect;

    public async Task<MessageDocument?> Get(string id) => (await Get([id])).SingleOrDefault();

    public async Task<IReadOnlyList<MessageDocument>> Get(IReadOnlyCollection<string> ids)
    {
        var (condition, parameter) = OneOf("id", ids);
        return await database.Query(
            new Statement($"SELECT body FROM message WHERE {condition}", parameter), row => row.Document<MessageDocument>(0));
    }

    public async Task<IReadOnlyList<MessageDocument>> FindByWhatsAppId(string number, IReadOnlyCollection<string> whatsAppIds)
    {
        var (condition, parameter) = OneOf("whatsapp_id", whatsAppIds);
        return await database.Query(
            new Statement($"SELECT body FROM message WHERE number = @number AND {condition}", ("@number", number), parameter),
            row => row.Document<MessageDocument>(0));
    }

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

    // Mostly it is one, and a list of one costs more than twice as much.
    private (string Condition, (string Name, object? Value) Parameter) OneOf(string column, IReadOnlyCollection<string> values) =>
        values.Count == 1
            ? ($"{column} = @one", ("@one", values.First()))
            : ($"{column} IN ({Dialect.Values("@ids")})", ("@ids", Dialect.List(values)));
}
