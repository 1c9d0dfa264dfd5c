using System.Data.Common;
using System.Globalization;

namespace Loopwave.Storage.Sql;

/// <summary>Orleans' reminders.</summary>
internal sealed class SqlReminderTable(ISqlDatabase database, string service) : IReminderTable
{
    private const string Columns = "grain, name, start_at, period, etag";
    private const string IsRow = "service = @service AND grain = @grain AND name = @name";

    public async Task<ReminderTableData> ReadRows(GrainId grainId) => new(await database.Query(
        new Statement($"SELECT {Columns} FROM reminder WHERE service = @service AND grain = @grain", ("@service", service), ("@grain", grainId.ToString())),
        Entry));

    /// <summary>The rows of a piece of the ring of hashes: above begin, up to end; it may go over the top.</summary>
    public async Task<ReminderTableData> ReadRows(uint begin, uint end) => new(await database.Query(
        new Statement(
            $"SELECT {Columns} FROM reminder WHERE service = @service AND (grain_hash > @begin {(begin < end ? "AND" : "OR")} grain_hash <= @end)",
            ("@service", service), ("@begin", (long)begin), ("@end", (long)end)),
        Entry));

    public async Task<ReminderEntry?> ReadRow(GrainId grainId, string reminderName) => (await database.Query(
        new Statement($"SELECT {Columns} FROM reminder WHERE {IsRow}", Row(grainId, reminderName)),
        Entry)).SingleOrDefault();

    public async Task<string?> UpsertRow(ReminderEntry entry)
    {
        var etag = NewId.Key();
        await database.Run(new Unit(
        [
            new Statement(
                """
                INSERT INTO reminder (service, grain, name, grain_hash, start_at, period, etag)
                VALUES (@service, @grain, @name, @hash, @startAt, @period, @etag)
                ON CONFLICT (service, grain, name) DO UPDATE SET
                    start_at = excluded.start_at, period = excluded.period, etag = excluded.etag
                """,
                [
                    .. Row(entry.GrainId, entry.ReminderName), ("@hash", (long)entry.GrainId.GetUniformHashCode()),
                    ("@startAt", entry.StartAt.Ticks), ("@period", entry.Period.Ticks), ("@etag", etag),
                ]),
        ],
        $"{entry.GrainId} {entry.ReminderName}"));
        return etag;
    }

    public async Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag) => (await database.Run(new Unit(
    [
        new Statement($"DELETE FROM reminder WHERE {IsRow} AND etag = @etag", [.. Row(grainId, reminderName), ("@etag", eTag)])
            .OrElse(Numbers.CommitResult.Duplicate),
    ],
    $"{grainId} {reminderName}"))).Committed;

    public Task TestOnlyClearTable() => database.Run(new Unit(
        [new Statement("DELETE FROM reminder WHERE service = @service", ("@service", service))]));

    private static ReminderEntry Entry(DbDataReader row) => new()
    {
        GrainId = GrainId.Parse(row.GetString(0), CultureInfo.InvariantCulture),
        ReminderName = row.GetString(1),
        StartAt = new DateTime(row.GetInt64(2), DateTimeKind.Utc),
        Period = TimeSpan.FromTicks(row.GetInt64(3)),
        ETag = row.GetString(4),
    };

    private (string, object?)[] Row(GrainId grainId, string name) =>
        [("@service", service), ("@grain", grainId.ToString()), ("@name", name)];
}
