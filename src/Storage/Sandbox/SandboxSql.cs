using Loopwave.Sandbox;
using Loopwave.Storage.Sql;

namespace Loopwave.Storage.Sandbox;

/// <summary>The statements of the record, made once.</summary>
/// <param name="dialect">Of the database.</param>
/// <param name="prefix">In front of the names of its tables, where they stand beside others.</param>
internal sealed class SandboxSql(ISqlDialect dialect, string prefix)
{
    public const int MostRows = 10;
    private const int MailColumns = 7;
    private const string Message = "number = @number AND whatsapp_id = @whatsappId AND jid = @to";

    // The parameters of a statement that inserts mail, by row and column, and the rows of such a statement by their count.
    private static readonly string[,] MailNames = Names();
    private static readonly string[] MailRows =
    [
        .. Enumerable.Range(0, MostRows + 1).Select(count => string.Join(" UNION ALL ", Enumerable.Range(0, count).Select(row =>
            "SELECT " + string.Join(", ", Enumerable.Range(0, MailColumns).Select(column => MailNames[row, column]))))),
    ];

    private readonly string[] _mail = [.. MailRows.Select(rows => InsertMail(prefix, rows, "1 = 1"))];
    private readonly string[] _firstMail = [.. MailRows.Select(rows => InsertMail(prefix, rows, $"(SELECT answered FROM {prefix}sent WHERE {Message}) = 1"))];
    private readonly string[] _repeatMail = [.. MailRows.Select(rows => InsertMail(prefix, rows, $"(SELECT answered FROM {prefix}sent WHERE {Message}) > 1"))];

    public string Prefix => prefix;

    public string Account { get; } =
        $"""
        SELECT (SELECT body FROM {prefix}account WHERE number = @number),
            (SELECT count(*) FROM {prefix}mail WHERE number = @number AND acknowledged_at IS NULL)
        """;

    public string Waiting { get; } =
        $"""
        SELECT ord, at, due, whatsapp_id, jid, body FROM {prefix}mail
        WHERE number = @number AND acknowledged_at IS NULL ORDER BY due, ord
        """;

    public string NumberOf { get; } = $"SELECT number FROM {prefix}account WHERE phone = @phone ORDER BY number LIMIT 1";

    public string Save { get; } =
        $"""
        INSERT INTO {prefix}account (number, phone, body) VALUES (@number, @phone, @body)
        ON CONFLICT (number) DO UPDATE SET phone = excluded.phone, body = excluded.body
        """;

    public string DeleteForgotten { get; } =
        $"DELETE FROM {prefix}mail WHERE ord IN ({dialect.Numbers("@orders")}) AND whatsapp_id IS NULL";

    public string MarkForgotten { get; } =
        $"""
        UPDATE {prefix}mail SET acknowledged_at = @at, body = NULL
        WHERE ord IN ({dialect.Numbers("@orders")}) AND acknowledged_at IS NULL
        """;

    public string MarkRead { get; } =
        $"INSERT INTO {prefix}read_mark (number, whatsapp_id, at) VALUES (@number, @id, @at) ON CONFLICT DO NOTHING";

    // Before it is decided whether the later one stands: who is about to end this one has then done so, or is too late.
    public string Replaced { get; } =
        $"""
        UPDATE {prefix}connection SET ended_at = CASE WHEN opened_at > @at THEN opened_at ELSE @at END, how = 'replaced', end_ord = @id
        WHERE number = @number AND id < @id AND epoch <= @epoch AND ended_at IS NULL
        """;

    public string Opened { get; } =
        $"""
        INSERT INTO {prefix}connection (id, number, epoch, host, opened_at)
        SELECT @id, @number, @epoch, @host, @at WHERE NOT EXISTS (
            SELECT 1 FROM (SELECT id, epoch, end_ord {Newest(prefix)}) AS newest
            WHERE newest.id > @id {(dialect.SingleProcess ? "" : "OR newest.end_ord > @id OR newest.epoch > @epoch")})
        """;

    public string Stands { get; } =
        $"""
        SELECT CASE WHEN id = @id THEN '{Rows.Word(SandboxOpening.Stands)}' WHEN epoch >= @epoch THEN '{Rows.Word(SandboxOpening.Replaced)}'
            ELSE '{Rows.Word(SandboxOpening.Behind)}' END
        {Newest(prefix)}
        """;

    public string Ended { get; } = $"UPDATE {prefix}connection SET ended_at = @at, end_ord = @ord, how = @how WHERE id = @id AND ended_at IS NULL";

    public string Arrived { get; } =
        $"""
        INSERT INTO {prefix}sent AS known (number, whatsapp_id, jid, chat, kind, text, ord, at, connection, epoch, hash, count, answered)
        VALUES (@number, @whatsappId, @to, @chat, @kind, @text, @ord, @at, @connection, @epoch, @hash, 1, @answers)
        ON CONFLICT (number, whatsapp_id, jid) DO UPDATE SET count = known.count + 1, answered = known.answered + @answers
        """;

    public string Answered { get; } = $"SELECT answered FROM {prefix}sent WHERE {Message}";

    public string Repeated { get; } =
        $"""
        INSERT INTO {prefix}repeat (ord, number, whatsapp_id, jid, at, connection, epoch, hash)
        SELECT @ord, number, whatsapp_id, jid, @at, @connection, @epoch, @hash FROM {prefix}sent WHERE {Message} AND count > 1
        """;

    public string Sent { get; } = SelectSent(prefix, "");

    public string SentToChat { get; } = SelectSent(prefix, "AND chat = @chat");

    public string Repeats { get; } =
        $"""
        SELECT whatsapp_id, jid, ord, connection, epoch, at, hash FROM {prefix}repeat
        WHERE number = @number AND whatsapp_id IN ({dialect.Values("@ids")}) ORDER BY ord
        """;

    public string Inbound { get; } =
        $"""
        SELECT mail.whatsapp_id, mail.jid, mail.ord, mail.at, mail.acknowledged_at, read_mark.at FROM {prefix}mail AS mail
        LEFT JOIN {prefix}read_mark AS read_mark ON read_mark.number = mail.number AND read_mark.whatsapp_id = mail.whatsapp_id
        WHERE mail.number = @number AND mail.whatsapp_id IS NOT NULL AND mail.ord > @after ORDER BY mail.ord LIMIT @limit
        """;

    public string Connections { get; } =
        $"""
        SELECT id, epoch, host, opened_at, ended_at, end_ord, how FROM {prefix}connection
        WHERE number = @number AND id > @after ORDER BY id LIMIT @limit
        """;

    public IEnumerable<Statement> Mail(IReadOnlyList<SandboxMail> mail) => Mail(_mail, mail, []);

    /// <summary>Mail that is stored when the message named by the parameters has just been answered for the first time.</summary>
    public IEnumerable<Statement> FirstMail(IReadOnlyList<SandboxMail> mail, (string, object?)[] message) => Mail(_firstMail, mail, message);

    /// <summary>Mail that is stored when the message named by the parameters was answered before.</summary>
    public IEnumerable<Statement> RepeatMail(IReadOnlyList<SandboxMail> mail, (string, object?)[] message) => Mail(_repeatMail, mail, message);

    // Several rows at once: what a message leads to is four rows and more, and a statement costs more than a row.
    private static IEnumerable<Statement> Mail(string[] byRows, IReadOnlyList<SandboxMail> mail, (string, object?)[] parameters) =>
        mail.Chunk(MostRows).Select(rows => new Statement(byRows[rows.Length], [.. rows.SelectMany(Parameters), .. parameters]));

    private static string InsertMail(string prefix, string rows, string condition) =>
        $"INSERT INTO {prefix}mail (ord, number, at, due, whatsapp_id, jid, body) SELECT * FROM ({rows}) AS new WHERE {condition}";

    // Of connections that stood, the orders and epochs rise.
    private static string Newest(string prefix) => $"FROM {prefix}connection WHERE number = @number ORDER BY id DESC LIMIT 1";

    private static string SelectSent(string prefix, string filter) =>
        $"""
        SELECT whatsapp_id, jid, chat, kind, text, count, ord, connection, epoch, at, hash FROM {prefix}sent
        WHERE number = @number AND ord > @after {filter} ORDER BY ord LIMIT @limit
        """;

    private static IEnumerable<(string, object?)> Parameters(SandboxMail mail, int row) =>
    [
        (MailNames[row, 0], mail.Order), (MailNames[row, 1], mail.Number), (MailNames[row, 2], Rows.Ticks(mail.At)),
        (MailNames[row, 3], Rows.Ticks(mail.DueAt)), (MailNames[row, 4], mail.WhatsAppId), (MailNames[row, 5], mail.Jid),
        (MailNames[row, 6], mail.Body),
    ];

    private static string[,] Names()
    {
        var names = new string[MostRows, MailColumns];
        for (var i = 0; i < names.Length; i++)
        {
            names[i / MailColumns, i % MailColumns] = $"@m{i}";
        }

        return names;
    }
}
