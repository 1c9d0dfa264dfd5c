using System.Data.Common;
using Loopwave.Sandbox;
using Loopwave.Storage.Sql;

namespace Loopwave.Storage.Sandbox;

/// <summary>What was sent, and the pages that tests and integrators read.</summary>
public abstract partial class SqlSandboxRecord
{
    public async Task<bool> Receive(
        SandboxArrivalRow arrival, IReadOnlyList<SandboxMail>? first, IReadOnlyList<SandboxMail>? repeat)
    {
        (string, object?)[] message = [("@number", arrival.Number), ("@whatsappId", arrival.WhatsAppId), ("@to", arrival.Jid)];
        (string, object?)[] place =
        [
            .. message, ("@ord", arrival.Order), ("@at", Rows.Ticks(arrival.At)), ("@connection", arrival.Connection),
            ("@epoch", arrival.Epoch), ("@hash", arrival.Hash),
        ];
        var received = await _database.Run(new Unit(
        [
            new(
                _sql.Arrived,
                [
                    .. place, ("@chat", arrival.Chat), ("@kind", arrival.Kind), ("@text", arrival.Text),
                    ("@answers", Rows.Flag(first is not null)),
                ]),
            new Statement(_sql.Answered, message).Returning(),
            new(_sql.Repeated, place),
            .. _sql.FirstMail(first ?? [], message),
            .. _sql.RepeatMail(repeat ?? [], message),
        ],
        arrival.Number));
        return first is not null && received.Value is 1L;
    }

    public async Task<IReadOnlyList<SandboxSent>> Sent(string number, string? chat, long after, int limit)
    {
        (string, object?)[] parameters = [("@number", number), ("@after", after), ("@limit", limit)];
        var sent = await _database.Query(
            chat is null ? new Statement(_sql.Sent, parameters) : new Statement(_sql.SentToChat, [.. parameters, ("@chat", chat)]),
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
            new Statement(_sql.Repeats, ("@number", number), ("@ids", _database.Dialect.List(ids))),
            row => (Message: (row.GetString(0), row.GetString(1)), Arrival: Arrival(row, 2))))
            .ToLookup(repeat => repeat.Message, repeat => repeat.Arrival);
        return [.. sent.Select(message => message with { Repeats = [.. repeats[(message.WhatsAppId, message.Jid)]] })];
    }

    public async Task<IReadOnlyList<SandboxInbound>> Inbound(string number, long after, int limit)
    {
        // Nobody waits for what is acknowledged to be written.
        await Written(number);
        return await _database.Query(
            new Statement(_sql.Inbound, ("@number", number), ("@after", after), ("@limit", limit)),
            row => new SandboxInbound(
                row.GetString(0), row.GetString(1), row.GetInt64(2), row.Time(3), OptionalTime(row, 4), OptionalTime(row, 5)));
    }

    public async Task<IReadOnlyList<SandboxConnectionView>> Connections(string number, long after, int limit)
    {
        // Starts and ends are noted without anybody waiting for them.
        await Written(number);
        return await _database.Query(
            new Statement(_sql.Connections, ("@number", number), ("@after", after), ("@limit", limit)),
            row => new SandboxConnectionView(
                row.GetInt64(0), row.GetInt64(1), row.GetString(2), row.Time(3), OptionalTime(row, 4),
                row.IsDBNull(5) ? null : row.GetInt64(5), row.Text(6)));
    }

    private static SandboxArrival Arrival(DbDataReader row, int column) => new(
        row.GetInt64(column), row.GetInt64(column + 1), row.GetInt64(column + 2), row.Time(column + 3), row.GetString(column + 4));

    private static DateTimeOffset? OptionalTime(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.Time(column);
}
