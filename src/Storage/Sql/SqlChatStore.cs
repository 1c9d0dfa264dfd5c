using Loopwave.Chats;

namespace Loopwave.Storage.Sql;

internal sealed class SqlChatStore(ISqlDatabase database) : IChatStore
{
    private ISqlDialect Dialect => database.Dialect;

    public async Task<ChatDocument?> Get(string id) => (await Chats(
        "id = (SELECT root FROM chat WHERE id = @id)", ("@id", id))).SingleOrDefault();

    public Task<IReadOnlyList<ChatDocument>> Find(string number, IReadOnlyCollection<string> parties) => Chats(
        $"number = @number AND merged = 0 AND party IN {SqlParties.WithMerged(Dialect, "@parties")}",
        ("@number", number), ("@parties", Dialect.List(parties)));

    public Task<IReadOnlyList<ChatDocument>> FindAnywhere(string party) => Chats(
        $"merged = 0 AND party IN {SqlParties.WithMerged(Dialect, "@parties")} ORDER BY activity DESC, id DESC",
        ("@parties", Dialect.List([party])));

    public async Task<IReadOnlyList<string>> WithMerged(string chat) => await database.Query(
        new Statement("SELECT id FROM chat WHERE id = @id OR merged = 1 AND root = @id", ("@id", chat)),
        row => row.GetString(0));

    public async Task<Page<ChatDocument>> List(ChatQuery query)
    {
        var list = new SqlList("chats", "chat", "body") { SortBy = "activity", NewestFirst = true }.Where("merged = 0");
        await Restrict(list, query);
        if (query.Filter.Status is { } status)
        {
            list.Among("status = @status", ("@status", Rows.Word(status)));
        }

        // Unread chats have indexes of their own, in the order of their activity.
        if (query.Filter.Unread is true && query.Page.UpdatedAfter is null)
        {
            list.Where("unread > 0");
        }
        else if (query.Filter.Unread is { } unread)
        {
            list.Among(unread ? "unread > 0" : "unread = 0");
        }

        foreach (var (word, i) in ChatSearch.Words(query.Filter.Search).Select((word, i) => (word, i)))
        {
            list.Among($"search LIKE @word{i} ESCAPE '\\'", ("@word" + i, Like(word)));
        }

        return await list.UpdatedAfter("updated_at", query.Page.UpdatedAfter).Page(database, query.Page, row => row.Document<ChatDocument>(2));
    }

    public async Task<IReadOnlyDictionary<string, string>> Parties(IReadOnlyCollection<string> jids) => (await database.Query(
        new Statement(
            $"SELECT jid, {SqlParties.Canonical("party_alias.party")} FROM party_alias WHERE jid IN ({Dialect.Values("@jids")})",
            ("@jids", Dialect.List(jids))),
        row => (Jid: row.GetString(0), Party: row.GetString(1)))).ToDictionary(row => row.Jid, row => row.Party);

    public async Task<IReadOnlyDictionary<string, string>> Canonical(IReadOnlyCollection<string> parties)
    {
        var merged = (await database.Query(
            new Statement(
                $"SELECT party, merged_into FROM party_merge WHERE party IN ({Dialect.Values("@parties")})", ("@parties", Dialect.List(parties))),
            row => (Party: row.GetString(0), Into: row.GetString(1)))).ToDictionary(row => row.Party, row => row.Into);
        return parties.Distinct().ToDictionary(party => party, party => merged.GetValueOrDefault(party, party));
    }

    private async Task<IReadOnlyList<ChatDocument>> Chats(string where, params (string, object?)[] parameters) => await database.Query(
        new Statement($"SELECT body FROM chat WHERE {where}", parameters),
        row => row.Document<ChatDocument>(0));

    private async Task Restrict(SqlList list, ChatQuery query)
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
        var sandbox = await Sandbox(numbers);
        if (sandbox.Count <= ListBounds.MostAtOnce || numbers is not null)
        {
            list.WhereEither("number", sandbox, identity);
        }
        else
        {
            // So many have chats enough to be met on the way.
            list.AmongNow("EXISTS (SELECT 1 FROM number WHERE number.id = chat.number AND number.engine = 'sandbox')", identity);
        }
    }

    /// <summary>The simulated ones of these numbers; of all, no more than tell that there are many.</summary>
    private Task<List<string>> Sandbox(IReadOnlyList<string>? numbers) => database.Query(
        numbers is null
            ? new Statement(
                "SELECT id FROM number WHERE engine = 'sandbox' ORDER BY created_at, id LIMIT @limit", ("@limit", ListBounds.MostAtOnce + 1))
            : new Statement(
                $"SELECT id FROM number WHERE id IN ({Dialect.Values("@numbers")}) AND {Dialect.Unindexed("engine")} = 'sandbox' ORDER BY id",
                ("@numbers", Dialect.List(numbers))),
        row => row.GetString(0));

    private static string Like(string word) => "%" + word.Replace("\\", "\\\\").Replace("%", "\\%").Replace("_", "\\_") + "%";
}
