using Microsoft.Data.Sqlite;

namespace Loopwave.Storage.Sql.Sqlite;

/// <summary>Opens connections of the one database file, each with the settings that durability stands on.</summary>
/// <param name="path">The database file.</param>
/// <param name="synchronous">FULL: what is committed survives a power cut; NORMAL: it survives the end of the process.</param>
/// <param name="maxPages">Ends the file's growth, so that tests can fill the disk; null for none.</param>
internal sealed class SqliteConnections(string path, string synchronous = "FULL", Func<int?>? maxPages = null)
{
    public SqliteConnection OpenWriter() => Open(
        SqliteOpenMode.ReadWriteCreate,
        // With FULL the log is fsynced at every commit; a checkpoint every 16 MB keeps it short without one at every few commits.
        $"PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous}; PRAGMA wal_autocheckpoint=4000; "
        + "PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-32768; PRAGMA temp_store=MEMORY"
        + (maxPages?.Invoke() is { } pages ? $"; PRAGMA max_page_count={pages}" : ""));

    public SqliteConnection OpenReader() => Open(SqliteOpenMode.ReadWrite, "PRAGMA query_only=1; PRAGMA cache_size=-8192; PRAGMA temp_store=MEMORY");

    /// <summary>For the migrations, which bring their own connection.</summary>
    public string ForMigrations => ConnectionString(SqliteOpenMode.ReadWriteCreate);

    private SqliteConnection Open(SqliteOpenMode mode, string pragmas)
    {
        var connection = new SqliteConnection(ConnectionString(mode));
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = pragmas;
            command.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private string ConnectionString(SqliteOpenMode mode) => new SqliteConnectionStringBuilder
    {
        DataSource = path,
        Mode = mode,
        Pooling = false,
        DefaultTimeout = 3,
    }.ToString();
}
