using Loopwave.Media;
using Loopwave.Numbers;
using Loopwave.Storage.Sql;
using Loopwave.Storage.Sql.Sqlite;
using Microsoft.Extensions.Logging;

namespace Loopwave.Storage;

/// <summary>
/// The opened data of a standalone deployment: its directories, locked for this process, and its database. Opening it
/// before the host starts turns whatever is wrong into one sentence.
/// </summary>
public sealed class SqliteStorage : IDisposable
{
    private readonly LocalData _local;
    private readonly SqliteDatabase _database;

    private SqliteStorage(LocalData local, SqliteDatabase database) => (_local, _database) = (local, database);

    internal ISqlDatabase Database => _database;

    internal ICredentialStore Credentials => _local.Credentials;

    /// <summary>Null where they are elsewhere.</summary>
    internal IMediaFiles? Files => _local.Files;

    /// <summary>Takes the locks and brings the database up to date.</summary>
    /// <exception cref="StorageStartException">Something is wrong that trying again does not change; its message says what.</exception>
    public static SqliteStorage Open(SqliteStorageOptions options, ILoggerFactory loggers)
    {
        var local = LocalData.Open(options);
        try
        {
            var database = new SqliteDatabase(
                new SqliteDatabaseOptions(Path.Combine(options.DataDirectory, "loopwave.db"))
                {
                    Faults = options.Faults, MaxPages = options.MaxPages, SingleProcess = options.SingleSilo,
                },
                loggers.CreateLogger("Loopwave.Storage"));
            return new SqliteStorage(local, database);
        }
        catch
        {
            local.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _database.Dispose();
        _local.Dispose();
    }
}
