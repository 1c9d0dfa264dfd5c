using System.Data.Common;
using System.Text.Json;
using Loopwave.Sandbox;
using Loopwave.Storage.Sql;

namespace Loopwave.Storage.Sandbox;

/// <summary>What was sent, and the pages that tests and integrators read.</summary>
public sealed partial class SqliteSandboxRecord
{
    private const string Key = "number = @number AND whatsapp_id = @whatsappId AND jid = @to";

    public async Task<bool> Receive(
        SandboxArrivalRow arrival, IReadOnlyList<SandboxMail>? first, IReadOnlyList<SandboxMail>? repeat)
    {
        (string, object?)[] key = [("@number", arrival.Number), ("@whatsappId", arrival.WhatsAppId), ("@to", arrival.Jid)];
        (string, object?)[] place =
        [
            .. key, ("@ord", arrival.Order), ("@at", Rows.Ticks(arrival.At)), ("@connection", arrival.Connection),
            ("@epoch", arrival.Epoch), ("@hash", arrival.Hash),
        ];
        var received = await _database.Run(new Unit(
        [
            new Statement(
                """
                INSERT INTO sent (number, whatsapp_id, jid, chat, kind, text, ord, at, connection, epoch, hash, count, answered)
                VALUES (@number, @whatsappId, @to, @chat, @kind, @text, @ord, @at, @connection, @epoch, @hash, 1, @answers)
                ON CONFLICT (number, whatsapp_id, jid) DO UPDATE SET count = count + 1, answered = answered + @answers
                """,
                [
                    .. place, ("@chat", arrival.Chat), ("@kind", arrival.Kind), ("@text", arrival.Text),
                    ("@answers", Rows.Flag(first is not null)),
                ]),
            new Statement($"SELECT answered FROM sent WHERE {Key}", key).Returning(),
            new(
                $"""
                INSERT INTO repeat (ord, number, whatsapp_id, jid, at, connection, epoch, hash)
                SELECT @ord, number, whatsapp_id, jid, @at, @connection, @epoch, @hash FROM sent WHERE {Key} AND count > 1
                """,
                place),
            .. InsertMail(first ?? [], $"(SELECT answered FROM sent WHERE {Key}) = 1", key),
            .. InsertMail(repeat ?? [], $"(SELECT answered FROM sent WHERE {Key}) > 1", key),
        ]));
        return first is not null && received.Value is 1L;
    }

    public async Task<IReadOnlyList<SandboxSent>> Sent(string number, string? chat, long after, int limit)
    {
        var filter = chat is null ? "" : "AND chat = @chat";
        (string, object?)[] parameters = [("@number", number), ("@after", after), ("@limit", limit)];
        var sent = await _database.Query(
            new Statement(
                $"""
                SELECT whatsapp_id, jid, chat, kind, text, count, ord, connection, epoch, at, hash FROM sent
                WHERE number = @number AND ord > @after {filter} ORDER BY ord LIMIT @limit
                """,
                chat is null ? parameters : [.. parameters, ("@chat", chat)]),
            row => new SandboxSent
            {
                WhatsAppId = row.GetString(0),
                Jid = row.GetString(1),
                Chat = row.GetString(2),
                Kind = row.GetString(3),
                Text = row.Text(4),
                Count = row.GetInt32(5),
                First = Arrival(row, 6),
            });
        var ids = sent.Where(message => message.Count > 1).Select(message => message.WhatsAppId).ToList();
        if (ids.Count == 0)
        {
            return sent;
        }

        var repeats = (await _database.Query(
            new Statement(
                """
                SELECT whatsapp_id, jid, ord, connection, epoch, at, hash FROM repeat
                WHERE number = @number AND whatsapp_id IN (SELECT value FROM json_each(@ids)) ORDER BY ord
                """,
                ("@number", number), ("@ids", JsonSerializer.Serialize(ids))),
            row => (Message: (row.GetString(0), row.GetString(1)), Arrival: Arrival(row, 2))))
            .ToLookup(repeat => repeat.Message, repeat => repeat.Arrival);
        return [.. sent.Select(message => message with { Repeats = [.. repeats[(message.WhatsAppId, message.Jid)]] })];
    }

    public async Task<IReadOnlyList<SandboxInbound>> Inbound(string number, long after, int limit)
    {
        // Nobody waits for what is acknowledged to be written.
        await Written();
        return await _database.Query(
            new Statement(
                """
                SELECT mail.whatsapp_id, jid, ord, mail.at, acknowledged_at, read_mark.at FROM mail
                LEFT JOIN read_mark ON read_mark.number = mail.number AND read_mark.whatsapp_id = mail.whatsapp_id
                WHERE mail.number = @number AND mail.whatsapp_id IS NOT NULL AND ord > @after ORDER BY ord LIMIT @limit
                """,
                ("@number", number), ("@after", after), ("@limit", limit)),
            row => new SandboxInbound(
                row.GetString(0), row.GetString(1), row.GetInt64(2), row.Time(3), OptionalTime(row, 4), OptionalTime(row, 5)));
    }

    public async Task<IReadOnlyList<SandboxConnectionView>> Connections(string number, long after, int limit)
    {
        // Starts and ends are noted without anybody waiting for them.
        await Written();
        return await _database.Query(
            new Statement(
                """
                SELECT id, epoch, host, opened_at, ended_at, end_ord, how FROM connection
                WHERE number = @number AND id > @after ORDER BY id LIMIT @limit
                """,
                ("@number", number), ("@after", after), ("@limit", limit)),
            row => new SandboxConnectionView(
                row.GetInt64(0), row.GetInt64(1), row.GetString(2), row.Time(3), OptionalTime(row, 4),
                row.IsDBNull(5) ? null : row.GetInt64(5), row.Text(6)));
    }

    private static SandboxArrival Arrival(DbDataReader row, int column) => new(
        row.GetInt64(column), row.GetInt64(column + 1), row.GetInt64(column + 2), row.Time(column + 3), row.GetString(column + 4));

    private static DateTimeOffset? OptionalTime(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.Time(column);
}
