using Loopwave.Media;
using Loopwave.Numbers;
using Loopwave.Storage.Credentials;
using Loopwave.Storage.Media;
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

    private SqliteStorage(LockFile dataLock, LockFile authLock, ICredentialStore credentials, IMediaFiles files, SqliteDatabase database)
    {
        (_dataLock, _authLock, _database) = (dataLock, authLock, database);
        (Credentials, Files) = (credentials, files);
    }

    internal ISqlDatabase Database => _database;

    internal ICredentialStore Credentials { get; }

    internal IMediaFiles Files { get; }

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
            var credentials = new FileCredentialStore(options.Auth, options.CredentialsKey);
            var files = new MediaDirectory(options.Media);
            var database = new SqliteDatabase(
                new SqliteDatabaseOptions(Path.Combine(options.DataDirectory, "loopwave.db"))
                {
                    Faults = options.Faults, MaxPages = options.MaxPages, SingleProcess = options.SingleSilo,
                },
                loggers.CreateLogger("Loopwave.Storage"));
            return new SqliteStorage(dataLock, authLock, credentials, files, database);
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
