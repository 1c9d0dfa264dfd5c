using Loopwave.Chats;

namespace Loopwave.Storage.Sql;

internal sealed class SqlChatStore(ISqlDatabase database) : IChatStore
{
    private const string PhoneServer = "@s.whatsapp.net";

    private ISqlDialect Dialect => database.Dialect;

    /// <summary>What a search looks into: the name, and the phone where the chat's address tells one.</summary>
    public static string SearchText(ChatDocument chat)
    {
        var phone = chat.Jid.EndsWith(PhoneServer, StringComparison.Ordinal) ? chat.Jid[..^PhoneServer.Length] : "";
        return $"{chat.Name?.ToLowerInvariant()}\n{phone}";
    }

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

    public Task<Page<ChatDocument>> List(ChatQuery query)
    {
        var list = new SqlList("chats", "chat", "body") { SortBy = "activity", NewestFirst = true }.Where("merged = 0");
        if (query.Filter.Status is { } status)
        {
            list.Where("status = @status", ("@status", Rows.Word(status)));
        }

        if (query.Filter.Unread is { } unread)
        {
            list.Where(unread ? "unread > 0" : "unread = 0");
        }

        foreach (var (word, i) in Words(query.Filter.Search).Select((word, i) => (word, i)))
        {
            list.Where($"search LIKE @word{i} ESCAPE '\\'", ("@word" + i, word));
        }

        return Restrict(list, query).UpdatedAfter("updated_at", query.Page.UpdatedAfter)
            .Page(database, query.Page, row => row.Document<ChatDocument>(2));
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

    private SqlList Restrict(SqlList list, ChatQuery query)
    {
        if (query.Access.SandboxOnly)
        {
            list.Where("number IN (SELECT id FROM number WHERE engine = 'sandbox')");
        }

        var allowed = query.Access.Numbers;
        return query.Filter.Number is { } number
            ? list.WhereEither("number", allowed is null || allowed.Contains(number) ? [number] : [])
            : allowed is null ? list : list.WhereEither("number", allowed.Distinct().Order(StringComparer.Ordinal).ToList());
    }

    // "+91 981-23" is looked for as the digits a phone is stored with; anything else word by word.
    private static IEnumerable<string> Words(string? search)
    {
        var text = search?.Trim().ToLowerInvariant() ?? "";
        var digits = text.Replace("+", "").Replace("-", "").Replace(" ", "");
        var words = digits.Length >= 3 && digits.All(char.IsAsciiDigit)
            ? [digits]
            : text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return words.Select(word => "%" + word.Replace("\\", "\\\\").Replace("%", "\\%").Replace("_", "\\_") + "%");
    }
}
