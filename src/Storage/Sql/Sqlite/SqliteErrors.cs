using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Loopwave.Storage.Sql.Sqlite;

/// <summary>The errors of SQLite.</summary>
internal sealed class SqliteErrors(ILogger logger, TimeProvider clock) : DatabaseErrors(logger, clock)
{
    protected override string Silent => "the disk";

    /// <summary>The disk, not the statement, is the reason. It may work later.</summary>
    public static bool IsOfTheDisk(Exception error) => error is SqliteException { SqliteErrorCode: var code } && code is
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

    public override bool IsUnavailable(Exception error) => IsOfTheDisk(error);

    protected override bool IsFull(Exception error) => error is SqliteException { SqliteErrorCode: 13 };

    protected override string Code(Exception error) =>
        "SQLite error " + ((error as SqliteException)?.SqliteExtendedErrorCode ?? 0).ToString(CultureInfo.InvariantCulture);
}
