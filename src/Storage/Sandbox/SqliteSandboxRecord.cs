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
public sealed class SqliteSandboxRecord : SqlSandboxRecord, IDisposable
{
    private readonly SqliteDatabase _file;

    private SqliteSandboxRecord(SqliteDatabase file)
        : base(file, "") => _file = file;

    /// <param name="path">The file, such as <c>sandbox.db</c> in the data directory, whose lock the caller holds.</param>
    /// <exception cref="StorageStartException">Something is wrong that trying again does not change.</exception>
    public static SqliteSandboxRecord Open(string path, ILoggerFactory loggers) => Open(new SqliteDatabaseOptions(path), loggers);

    internal static SqliteSandboxRecord Open(SqliteDatabaseOptions options, ILoggerFactory loggers) => new(new SqliteDatabase(
        options with { Backend = "sandbox", Synchronous = "NORMAL", Migrations = "Loopwave.Storage.Sandbox.Migrations." },
        loggers.CreateLogger("Loopwave.Storage.Sandbox")));

    public override async Task<SandboxOrders> Begin(DateTimeOffset at)
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
        return new SandboxOrders((long)ended.Value!);
    }

    public void Dispose() => _file.Dispose();

    // There is no other process.
    private protected override Task<long> Highest(string number) => Task.FromResult(0L);
}
