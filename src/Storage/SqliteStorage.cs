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
    private readonly LockFile _dataLock;
    private readonly LockFile _authLock;
    private readonly SqliteDatabase _database;

    private SqliteStorage(SqliteStorageOptions options, LockFile dataLock, LockFile authLock, SqliteDatabase database)
    {
        Options = options;
        (_dataLock, _authLock, _database) = (dataLock, authLock, database);
    }

    internal SqliteStorageOptions Options { get; }

    internal ISqlDatabase Database => _database;

    /// <summary>Takes the locks and brings the database up to date.</summary>
    /// <exception cref="StorageStartException">Something is wrong that trying again does not change; its message says what.</exception>
    public static SqliteStorage Open(SqliteStorageOptions options, ILoggerFactory loggers)
    {
        var opened = new Stack<IDisposable>();
        try
        {
            var dataLock = LockFile.Take("DATA_DIR", options.DataDirectory);
            opened.Push(dataLock);
            var authLock = LockFile.Take("AUTH_DIR", options.Auth);
            opened.Push(authLock);
            var database = new SqliteDatabase(
                new SqliteDatabaseOptions(Path.Combine(options.DataDirectory, "loopwave.db")) { Faults = options.Faults, MaxPages = options.MaxPages },
                loggers.CreateLogger("Loopwave.Storage"));
            return new SqliteStorage(options, dataLock, authLock, database);
        }
        catch
        {
            while (opened.TryPop(out var part))
            {
                part.Dispose();
            }

            throw;
        }
    }

    public void Dispose()
    {
        _database.Dispose();
        _authLock.Dispose();
        _dataLock.Dispose();
    }
}
