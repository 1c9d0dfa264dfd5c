using Loopwave.Sandbox;
using Loopwave.Storage.Sql;
using Loopwave.Storage.Sql.Sqlite;
using Microsoft.Extensions.Logging;

namespace Loopwave.Storage.Sandbox;

/// <summary>
/// The record of the simulated network in a database file of its own. It stands for servers that live on when our
/// process is killed; that a power cut may take its last moments is the one thing real servers do better, and is worth
/// not syncing the disk at every commit.
/// </summary>
public sealed partial class SqliteSandboxRecord : ISandboxRecord, IDisposable
{
    private const int PruneStep = 2_000;
    private const int MostRows = 10;
    private const int MailColumns = 7;

    // The parameters of a statement that inserts mail, by row and column, and the rows of such a statement by their count.
    private static readonly string[,] MailNames = Names();
    private static readonly string[] MailRows =
    [
        .. Enumerable.Range(0, MostRows + 1).Select(count => string.Join(" UNION ALL ", Enumerable.Range(0, count).Select(row =>
            "SELECT " + string.Join(", ", Enumerable.Range(0, MailColumns).Select(column => MailNames[row, column]))))),
    ];

    private readonly SqliteDatabase _database;
    private readonly ForgottenMail _forgotten;

    private SqliteSandboxRecord(SqliteDatabase database) => (_database, _forgotten) = (database, new(database));

    /// <param name="path">The file, such as <c>sandbox.db</c> in the data directory, whose lock the caller holds.</param>
    /// <exception cref="StorageStartException">Something is wrong that trying again does not change.</exception>
    public static SqliteSandboxRecord Open(string path, ILoggerFactory loggers) => Open(new SqliteDatabaseOptions(path), loggers);

    internal static SqliteSandboxRecord Open(SqliteDatabaseOptions options, ILoggerFactory loggers) => new(new SqliteDatabase(
        options with { Synchronous = "NORMAL", Migrations = "Loopwave.Storage.Sandbox.Migrations." },
        loggers.CreateLogger("Loopwave.Storage.Sandbox")));

    public async Task<long> Begin(DateTimeOffset at)
    {
        const string Highest =
            """
            SELECT max(coalesce((SELECT max(ord) FROM sent), 0), coalesce((SELECT max(ord) FROM repeat), 0),
                coalesce((SELECT max(ord) FROM mail), 0), coalesce((SELECT max(id) FROM connection), 0),
                coalesce((SELECT max(end_ord) FROM connection), 0))
            """;
        var ended = await _database.Run(new Unit(
        [
            new(
                $"UPDATE connection SET ended_at = max(@at, opened_at), how = 'process', end_ord = ({Highest}) + 1 WHERE ended_at IS NULL",
                ("@at", Rows.Ticks(at))),
            new Statement(Highest).Returning(),
        ]));
        return (long)ended.Value!;
    }

    public async Task<SandboxStored> Load(string number)
    {
        await Written();
        (string, object?)[] parameters = [("@number", number)];
        var stored = await _database.Query(
            new Statement(
                """
                SELECT (SELECT body FROM account WHERE number = @number),
                    (SELECT count(*) FROM mail WHERE number = @number AND acknowledged_at IS NULL)
                """,
                parameters),
            row => new SandboxStored(row.IsDBNull(0) ? null : row.Document<SandboxAccount>(0), row.GetInt32(1)));
        return stored[0];
    }

    public async Task<IReadOnlyList<SandboxMail>> Waiting(string number)
    {
        await Written();
        return await _database.Query(
            new Statement(
                """
                SELECT ord, at, due, whatsapp_id, jid, body FROM mail
                WHERE number = @number AND acknowledged_at IS NULL ORDER BY due, ord
                """,
                ("@number", number)),
            row => new SandboxMail(
                number, row.GetInt64(0), row.Time(1), row.Time(2), row.Text(3), row.Text(4), row.GetFieldValue<byte[]>(5)));
    }

    public async Task<string?> NumberOf(string phone)
    {
        await Written();
        var query = new Statement("SELECT number FROM account WHERE phone = @phone ORDER BY number LIMIT 1", ("@phone", phone));
        return (await _database.Query(query, row => row.GetString(0))).FirstOrDefault();
    }

    public Task Save(SandboxAccount account, IReadOnlyList<SandboxMail> mail) => _database.Run(new Unit(
    [
        new(
            """
            INSERT INTO account (number, phone, body) VALUES (@number, @phone, @body)
            ON CONFLICT DO UPDATE SET phone = excluded.phone, body = excluded.body
            """,
            ("@number", account.Number), ("@phone", account.Phone), ("@body", StorageJson.Write(account))),
        .. InsertMail(mail),
    ]));

    public Task Post(IReadOnlyList<SandboxMail> mail) => _database.Run(new Unit([.. InsertMail(mail)]));

    public Task Forget(string number, IReadOnlyList<long> orders, DateTimeOffset at) => _forgotten.Add(orders, at);

    public Task MarkRead(string number, IReadOnlyList<string> whatsAppIds, DateTimeOffset at) => _database.Run(new Unit(
    [
        .. whatsAppIds.Select(id => new Statement(
            "INSERT INTO read_mark (number, whatsapp_id, at) VALUES (@number, @id, @at) ON CONFLICT DO NOTHING",
            ("@number", number), ("@id", id), ("@at", Rows.Ticks(at)))),
    ]));

    public Task Opened(SandboxConnectionRow connection) => _database.Run(new Unit(
    [
        new(
            "INSERT INTO connection (id, number, epoch, host, opened_at) VALUES (@id, @number, @epoch, @host, @at)",
            ("@id", connection.Id), ("@number", connection.Number), ("@epoch", connection.Epoch), ("@host", connection.Host),
            ("@at", Rows.Ticks(connection.At))),
    ]));

    public Task Ended(long connection, long order, DateTimeOffset at, string how) => _database.Run(new Unit(
    [
        new(
            "UPDATE connection SET ended_at = @at, end_ord = @ord, how = @how WHERE id = @id AND ended_at IS NULL",
            ("@id", connection), ("@ord", order), ("@at", Rows.Ticks(at)), ("@how", how)),
    ]));

    public async Task Prune(DateTimeOffset before)
    {
        await Prune("sent", "ord", "at < @before", before);
        await Prune("repeat", "ord", "at < @before", before);
        await Prune("mail", "ord", "acknowledged_at < @before", before);
        await Prune("connection", "id", "ended_at < @before", before);
    }

    public void Dispose() => _database.Dispose();

    // In steps, oldest first, so that nobody waits long behind one.
    private async Task Prune(string table, string key, string done, DateTimeOffset before)
    {
        (string, object?)[] parameters = [("@before", Rows.Ticks(before))];
        var oldest = $"SELECT {key} FROM {table} WHERE {done} ORDER BY {key} LIMIT {PruneStep}";
        List<long> keys;
        do
        {
            keys = await _database.Query(new Statement(oldest, parameters), row => row.GetInt64(0));
            if (keys.Count > 0)
            {
                await _database.Run(new Unit([new($"DELETE FROM {table} WHERE {key} IN ({oldest})", parameters)]));
            }
        }
        while (keys.Count == PruneStep);
    }

    private static string[,] Names()
    {
        var names = new string[MostRows, MailColumns];
        for (var i = 0; i < names.Length; i++)
        {
            names[i / MailColumns, i % MailColumns] = $"@m{i}";
        }

        return names;
    }

    /// <summary>Everything given to the writer before is committed.</summary>
    private Task Written() => _forgotten.Write();

    // Several rows at once: what a message leads to is four rows and more, and a statement costs more than a row.
    private static IEnumerable<Statement> InsertMail(
        IReadOnlyList<SandboxMail> mail, string condition = "1", params (string, object?)[] parameters) =>
        mail.Chunk(MailRows.Length - 1).Select(rows => new Statement(
            $"INSERT INTO mail (ord, number, at, due, whatsapp_id, jid, body) SELECT * FROM ({MailRows[rows.Length]}) WHERE {condition}",
            [.. rows.SelectMany(Parameters), .. parameters]));

    private static IEnumerable<(string, object?)> Parameters(SandboxMail mail, int row) =>
    [
        (MailNames[row, 0], mail.Order), (MailNames[row, 1], mail.Number), (MailNames[row, 2], Rows.Ticks(mail.At)),
        (MailNames[row, 3], Rows.Ticks(mail.DueAt)), (MailNames[row, 4], mail.WhatsAppId), (MailNames[row, 5], mail.Jid),
        (MailNames[row, 6], mail.Body),
    ];
}
