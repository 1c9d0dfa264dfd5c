using System.Data.Common;
using Loopwave.Deployment;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Loopwave.Storage.Sql.Postgres;

/// <summary>
/// A database that several processes share. Units of one key always go to the same writer, which keeps their order; there
/// are several, so that a unit that waits for a lock holds up few others, and one each for leases and for claims alone.
/// </summary>
internal sealed class PostgresDatabase : ISqlDatabase, IDisposable
{
    private const int Writers = 4;

    // As metrics call it.
    private const string Backend = "postgres";

    // Many more gain little, and a transaction that holds many rows is more often in somebody's way.
    private const int MostUnitsPerCommit = 128;

    private readonly PostgresDatabaseOptions _options;
    private readonly ILogger _logger;
    private readonly PostgresErrors _errors;
    private readonly NpgsqlDataSource _dataSource;
    private readonly CancellationTokenSource _closing = new();
    private readonly UnitWriter[] _writers;
    private readonly UnitWriter _leases;
    private readonly UnitWriter _claims;
    private readonly PostgresReaders _readers;
    private volatile bool _open;
    private uint _next;

    /// <summary>Connects to nothing yet: see <see cref="Open"/>.</summary>
    public PostgresDatabase(PostgresDatabaseOptions options, ILogger logger)
    {
        // The real clock: how long a server may hang has nothing to do with the time that the product lives in.
        var clock = TimeProvider.System;
        (_options, _logger) = (options, logger);
        _errors = new PostgresErrors(logger, clock);
        var texts = new PostgresTexts();
        _dataSource = NpgsqlDataSource.Create(PostgresConnections.ForWork(options.ConnectionString, Writers + 2 + PostgresReaders.Most + 2));
        _readers = new PostgresReaders(_dataSource, texts, _errors, clock, options.Patience);
        _writers = [.. Enumerable.Range(1, Writers).Select(number => Writer($"postgres writer {number}"))];
        _leases = Writer("postgres leases");
        _claims = Writer("postgres claims");

        UnitWriter Writer(string name) => new(
            new PostgresUnits(_dataSource, texts, _errors, options.Faults, _closing.Token), _errors, clock,
            new UnitWriterOptions(name, options.Patience, MostUnitsPerCommit, options.Faults));
    }

    public ISqlDialect Dialect { get; } = new PostgresDialect();

    /// <summary>Brings the schema up to date. Until this has returned once, nothing can be read or written.</summary>
    /// <exception cref="StorageUnavailableException">The server cannot be reached now.</exception>
    /// <exception cref="StorageStartException">Trying again changes nothing.</exception>
    public async Task Open(TimeProvider clock, CancellationToken stop)
    {
        try
        {
            // A process that is to end waits for no script: it takes its connections with it, and the server takes back what is half done.
            await PostgresMigrations.Apply(_options.ConnectionString, clock, _logger, stop).WaitAsync(stop);
            _open = true;
        }
        catch (Exception error) when (_errors.IsUnavailable(error))
        {
            throw _errors.Unavailable(error);
        }
    }

    public Task<UnitResult> Run(Unit unit)
    {
        if (_open)
        {
            return StorageMetrics.Measured(Backend, WriterOf(unit.Key).Run(unit));
        }

        unit.Lane?.Break();
        return StorageMetrics.Measured(Backend, Task.FromException<UnitResult>(NotOpen()));
    }

    public Task<List<T>> Query<T>(Statement query, Func<DbDataReader, T> row) =>
        StorageMetrics.Measured(Backend, _open ? _readers.Query(query, row) : Task.FromException<List<T>>(NotOpen()));

    public Task Settle(string? key) => key is null ? Task.WhenAll([.. _writers.Select(writer => writer.Settle(null)), _leases.Settle(null), _claims.Settle(null)]) : WriterOf(key).Settle(key);

    public void Dispose()
    {
        if (_closing.IsCancellationRequested)
        {
            return;
        }

        _closing.Cancel();
        foreach (var writer in _writers)
        {
            writer.Dispose();
        }

        _leases.Dispose();
        _claims.Dispose();
        _readers.Dispose();
        _dataSource.Dispose();
        _closing.Dispose();
    }

    private UnitWriter WriterOf(string? key) => key switch
    {
        Unit.Leases => _leases,
        Unit.Claims => _claims,
        null => _writers[Interlocked.Increment(ref _next) % Writers],
        _ => _writers[(uint)string.GetHashCode(key, StringComparison.Ordinal) % Writers],
    };

    private static StorageUnavailableException NotOpen() => new("Storage is not available: the database was not reached yet.");
}

/// <summary>Where the database is, and what tests change about it.</summary>
/// <param name="ConnectionString">In Npgsql's form.</param>
internal sealed record PostgresDatabaseOptions(string ConnectionString)
{
    /// <summary>How long nothing may get done before callers are told; the API promises its 503 within 5 seconds.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(3.5);
    public IUnitFaults? Faults { get; init; }
}
