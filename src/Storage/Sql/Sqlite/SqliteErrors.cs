using Loopwave.Deployment;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Loopwave.Storage.Sql.Sqlite;

/// <summary>Tells what an error of SQLite means for the caller, and logs causes no more than once a minute.</summary>
internal sealed partial class SqliteErrors(ILogger logger, TimeProvider clock)
{
    private static readonly TimeSpan LogEvery = TimeSpan.FromMinutes(1);
    private long _loggedAt = long.MinValue;

    /// <summary>The disk, not the statement, is the reason. It may work later.</summary>
    public static bool IsUnavailable(Exception error) => error is SqliteException { SqliteErrorCode: var code } && code is
        5      // BUSY: somebody else's tool holds the file
        or 6   // LOCKED
        or 7   // NOMEM
        or 8   // READONLY
        or 10  // IOERR
        or 11  // CORRUPT
        or 13  // FULL
        or 14  // CANTOPEN
        or 15  // PROTOCOL
        or 26; // NOTADB

    public static bool IsUniqueViolation(SqliteException error) => error.SqliteExtendedErrorCode is 2067 or 1555;

    public StorageUnavailableException Unavailable(Exception error)
    {
        Note(error);
        var reason = error is SqliteException { SqliteErrorCode: 13 } ? "the disk is full" : "the database cannot be reached";
        return new StorageUnavailableException($"Storage is not available: {reason}.", error);
    }

    public StorageUnavailableException Stuck()
    {
        var error = new StorageUnavailableException("Storage is not available: the disk does not answer.");
        Note(error);
        return error;
    }

    private void Note(Exception error)
    {
        var now = clock.GetTimestamp();
        var before = Interlocked.Read(ref _loggedAt);
        if ((before == long.MinValue || clock.GetElapsedTime(before, now) >= LogEvery)
            && Interlocked.CompareExchange(ref _loggedAt, now, before) == before)
        {
            Log.Unavailable(logger, (error as SqliteException)?.SqliteExtendedErrorCode ?? 0, error);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, Level = LogLevel.Error, Message = "Storage is not available (SQLite error {Code})")]
        public static partial void Unavailable(ILogger logger, int code, Exception error);
    }
}
