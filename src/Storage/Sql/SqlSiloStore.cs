using Loopwave.Cluster;

namespace Loopwave.Storage.Sql;

/// <summary>What silos tell of themselves, by the database's clock.</summary>
internal sealed class SqlSiloStore(ISqlDatabase database) : ISiloStore
{
    public async Task<bool> Report(SiloReport report, TimeSpan timeToLive)
    {
        var result = await database.Run(new Unit(
        [
            new Statement($"DELETE FROM silo WHERE expires_at < {database.Dialect.Now} - {(long)Ages.Silos.TotalMilliseconds}"),
            new Statement(
                $"""
                INSERT INTO silo (address, report, drain, expires_at)
                VALUES (@address, @report, 0, {database.Dialect.Now} + @timeToLive)
                ON CONFLICT (address) DO UPDATE SET report = excluded.report, expires_at = excluded.expires_at
                RETURNING drain
                """,
                ("@address", report.Silo), ("@report", StorageJson.Write(report)), ("@timeToLive", (long)timeToLive.TotalMilliseconds)).Returning(),
        ],
        report.Silo));
        return (long)result.Value! == 1;
    }

    public Task<IReadOnlyList<SiloReport>> Reports() => Read();

    public async Task<bool> Drain(string silo, bool drain)
    {
        var result = await database.Run(new Unit(
        [
            new Statement("UPDATE silo SET drain = @drain WHERE address = @address RETURNING address", ("@address", silo), ("@drain", drain ? 1L : 0L)).Returning(),
        ],
        silo));
        return result.Value is not null;
    }

    public Task Forget(string silo) => database.Run(new Unit(
    [
        new Statement("DELETE FROM silo WHERE address = @address", ("@address", silo)),
    ],
    silo));

    public async Task<OutboxView> Outbox() => (await database.Query(
        new Statement(
            """
            SELECT
                coalesce((SELECT max(position) FROM outbox) - (SELECT min(position) FROM outbox) + 1, 0),
                (SELECT at FROM outbox WHERE position = (SELECT min(position) FROM outbox))
            """),
        row => new OutboxView(row.GetInt64(0), row.IsDBNull(1) ? null : row.Time(1)))).Single();

    private async Task<IReadOnlyList<SiloReport>> Read()
    {
        var reports = await database.Query(
            new Statement($"SELECT report, drain FROM silo WHERE expires_at > {database.Dialect.Now}"),
            row => row.Document<SiloReport>(0).Wanted(drain: row.GetInt64(1) == 1));
        return [.. reports.OrderBy(report => report.Name, StringComparer.Ordinal).ThenBy(report => report.Silo, StringComparer.Ordinal)];
    }
}
