using Loopwave.Sandbox;
using Loopwave.Storage.Sql;

namespace Loopwave.Storage.Sandbox;

/// <summary>The record of the simulated network in a database that speaks SQL.</summary>
public abstract partial class SqlSandboxRecord : ISandboxRecord
{
    private const int PruneStep = 2_000;

    private protected readonly ISqlDatabase _database;
    private readonly SandboxSql _sql;
    private readonly ForgottenMail _forgotten;

    private protected SqlSandboxRecord(ISqlDatabase database, string prefix)
    {
        (_database, _sql) = (database, new SandboxSql(database.Dialect, prefix));
        _forgotten = new ForgottenMail(database, _sql);
    }

    public abstract Task<SandboxOrders> Begin(DateTimeOffset at);

    public async Task<SandboxStored> Load(string number)
    {
        await Written(number);
        var highest = await Highest(number);
        var stored = await _database.Query(
            new Statement(_sql.Account, ("@number", number)),
            row => new SandboxStored(row.IsDBNull(0) ? null : row.Document<SandboxAccount>(0), row.GetInt32(1), highest));
        return stored[0];
    }

    public async Task<IReadOnlyList<SandboxMail>> Waiting(string number)
    {
        await Written(number);
        return await _database.Query(
            new Statement(_sql.Waiting, ("@number", number)),
            row => new SandboxMail(
                number, row.GetInt64(0), row.Time(1), row.Time(2), row.Text(3), row.Text(4), row.GetFieldValue<byte[]>(5)));
    }

    public async Task<string?> NumberOf(string phone)
    {
        await _database.Settle(null);
        return (await _database.Query(new Statement(_sql.NumberOf, ("@phone", phone)), row => row.GetString(0))).FirstOrDefault();
    }

    public Task Save(SandboxAccount account, IReadOnlyList<SandboxMail> mail) => _database.Run(new Unit(
    [
        new(_sql.Save, ("@number", account.Number), ("@phone", account.Phone), ("@body", StorageJson.Write(account))),
        .. _sql.Mail(mail),
    ],
    account.Number));

    // All of one number, as whoever posts them holds its lock.
    public Task Post(IReadOnlyList<SandboxMail> mail) => _database.Run(new Unit([.. _sql.Mail(mail)], mail.FirstOrDefault()?.Number));

    public Task Forget(string number, IReadOnlyList<long> orders, DateTimeOffset at) => _forgotten.Add(orders, at);

    public Task MarkRead(string number, IReadOnlyList<string> whatsAppIds, DateTimeOffset at) => _database.Run(new Unit(
    [
        .. whatsAppIds.Select(id => new Statement(_sql.MarkRead, ("@number", number), ("@id", id), ("@at", Rows.Ticks(at)))),
    ],
    number));

    public async Task<SandboxOpening> Opened(SandboxConnectionRow connection)
    {
        (string, object?)[] place = [("@id", connection.Id), ("@number", connection.Number), ("@epoch", connection.Epoch)];
        (string, object?)[] moment = [.. place, ("@at", Rows.Ticks(connection.At))];
        List<Statement> unit =
        [
            new(_sql.Replaced, moment),
            new(_sql.Opened, [.. moment, ("@host", connection.Host)]),
            new Statement(_sql.Stands, place).Returning(),
        ];
        if (_database.Dialect.SideBySide)
        {
            // Another process' connection that is just being noted is in no row yet that could be locked.
            unit.Insert(0, _database.Dialect.Alone($"connection of {connection.Number}"));
        }

        var opened = await _database.Run(new Unit(unit, connection.Number));
        return Enum.Parse<SandboxOpening>((string)opened.Value!, ignoreCase: true);
    }

    public Task Ended(string number, long connection, long order, DateTimeOffset at, string how) => _database.Run(new Unit(
    [
        new(_sql.Ended, ("@id", connection), ("@ord", order), ("@at", Rows.Ticks(at)), ("@how", how)),
    ],
    number));

    public async Task Prune(DateTimeOffset before)
    {
        await Prune("sent", "ord", "at < @before", before);
        await Prune("repeat", "ord", "at < @before", before);
        await Prune("mail", "ord", "acknowledged_at < @before", before);
        await Prune("connection", "id", "ended_at < @before", before);
    }

    /// <summary>The highest order of a number that another process can have drawn.</summary>
    private protected abstract Task<long> Highest(string number);

    // In steps, oldest first, so that nobody waits long behind one.
    private async Task Prune(string table, string key, string done, DateTimeOffset before)
    {
        (string, object?)[] parameters = [("@before", Rows.Ticks(before))];
        var oldest = $"SELECT {key} FROM {_sql.Prefix}{table} WHERE {done} ORDER BY {key} LIMIT {PruneStep}";
        List<long> keys;
        do
        {
            keys = await _database.Query(new Statement(oldest, parameters), row => row.GetInt64(0));
            if (keys.Count > 0)
            {
                await _database.Run(new Unit([new($"DELETE FROM {_sql.Prefix}{table} WHERE {key} IN ({oldest})", parameters)]));
            }
        }
        while (keys.Count == PruneStep);
    }

    /// <summary>Everything of the number that was given to the database before is committed.</summary>
    private Task Written(string number) => Task.WhenAll(_forgotten.Write(), _database.Settle(number));
}
