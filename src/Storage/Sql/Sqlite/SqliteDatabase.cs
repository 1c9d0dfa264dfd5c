using System.Data.Common;
using Microsoft.Extensions.Logging;

namespace Loopwave.Storage.Sql.Sqlite;

/// <summary>The database file: one writer, a few readers.</summary>
internal sealed class SqliteDatabase : ISqlDatabase, IDisposable
{
    private readonly string _backend;
    private readonly UnitWriter _writer;
    private readonly SqliteReaders _readers;
    private bool _closed;

    /// <summary>Opens the file, and brings its schema up to date first. The caller holds the lock file.</summary>
    public SqliteDatabase(SqliteDatabaseOptions options, ILogger logger)
    {
        // The real clock: how long a disk may hang has nothing to do with the time that the product lives in.
        var clock = TimeProvider.System;
        var errors = new SqliteErrors(logger, clock);
        var connections = new SqliteConnections(options.Path, options.Synchronous, options.MaxPages);
        _backend = options.Backend;
        Dialect = new SqliteDialect(options.SingleProcess, options.Migrations);
        CreateFile(options.Path);
        SqliteMigrations.Apply(connections.ForMigrations, options.Migrations, logger);
        _writer = new UnitWriter(
            new SqliteUnits(connections, options.Faults), errors, clock, new UnitWriterOptions("sqlite writer", options.Patience, Faults: options.Faults));
        _readers = new SqliteReaders(connections, errors, clock, options.Patience);
    }

    public ISqlDialect Dialect { get; }

    public Task<UnitResult> Run(Unit unit) => StorageMetrics.Measured(_backend, _writer.Run(unit));

    public Task<List<T>> Query<T>(Statement query, Func<DbDataReader, T> row) => StorageMetrics.Measured(_backend, _readers.Query(query, row));

    public Task Settle(string? key) => _writer.Settle(key);

    public void Dispose()
    {
        if (_closed)
        {
            return;
        }

        _closed = true;

        // The readers first: the last connection to close is the writer's, which then folds the log into the file.
        _readers.Dispose();
        _writer.Dispose();
    }

    // SQLite would let everybody read a new file. The log and the shared memory beside it get the rights of the file.
    private static void CreateFile(string path)
    {
        if (File.Exists(path))
        {
            return;
        }

        try
        {
            new FileStream(path, OwnerOnly.File(FileMode.OpenOrCreate, FileShare.ReadWrite)).Dispose();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StorageDamagedException($"The database could not be made: {error.Message}", error);
        }
    }
}

/// <summary>Where the database is, and what tests change about it.</summary>
internal sealed record SqliteDatabaseOptions(string Path)
{
    /// <summary>How long the disk may get nothing done before callers are told; the API promises its 503 within 5 seconds.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(3.5);
    public bool SingleProcess { get; init; } = true;

    /// <summary>What metrics call it.</summary>
    public string Backend { get; init; } = "sqlite";

    /// <summary>How durable a commit is: FULL or NORMAL, see <see cref="SqliteConnections"/>.</summary>
    public string Synchronous { get; init; } = "FULL";

    /// <summary>Where the scripts of its schema are, as a namespace.</summary>
    public string Migrations { get; init; } = SqliteMigrations.Folder;
    public Func<int?>? MaxPages { get; init; }
    public IUnitFaults? Faults { get; init; }
}
