using DbUp;
using Loopwave.Deployment;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Loopwave.Storage.Sql.Postgres;

/// <summary>
/// Brings the schema up to date with the numbered scripts beside this file. A script that was released is never changed;
/// the database remembers which ones it had. Processes that start together come one after the other.
/// </summary>
internal static partial class PostgresMigrations
{
    /// <summary>Where the scripts are, as a namespace.</summary>
    public const string Folder = "Loopwave.Storage.Sql.Postgres.Migrations.";

    /// <summary>The lock that the one process holds.</summary>
    public const string Lock = "migrations";

    private const int OldestVersion = 13;
    private static readonly TimeSpan ScriptWithin = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SayEvery = TimeSpan.FromMinutes(1);

    /// <param name="connectionString">In Npgsql's form.</param>
    /// <param name="clock">This machine's time.</param>
    /// <param name="logger">Told what is waited for.</param>
    /// <param name="stop">Heeded until the scripts begin, which cannot be called off.</param>
    /// <exception cref="StorageStartException">Trying again changes nothing.</exception>
    /// <exception cref="NpgsqlException">The server cannot be reached now.</exception>
    public static async Task Apply(string connectionString, TimeProvider clock, ILogger logger, CancellationToken stop)
    {
        // The lock goes with the connection, however the process ends.
        await using var connection = new NpgsqlConnection(PostgresConnections.ForQuestions(connectionString));
        await connection.OpenAsync(stop);
        await RefuseUnsuitable(connection, stop);
        await RefuseClockSkew(connection, clock, stop);
        await TakeLock(connection, clock, logger, stop);
        await RefuseNewer(connection, stop);
        await Task.Run(() => Run(PostgresConnections.ForScripts(connectionString), logger), CancellationToken.None);
    }

    private static async Task RefuseUnsuitable(NpgsqlConnection connection, CancellationToken stop)
    {
        if (connection.PostgreSqlVersion.Major < OldestVersion)
        {
            throw new DatabaseUnsuitableException(
                $"PostgreSQL {OldestVersion} or later is needed; the server of POSTGRES_URI is {connection.PostgreSqlVersion}.");
        }

        await using var encoding = new NpgsqlCommand("SHOW server_encoding", connection);
        if (await encoding.ExecuteScalarAsync(stop) is not "UTF8")
        {
            throw new DatabaseUnsuitableException("The database of POSTGRES_URI must have the encoding UTF8; create it anew with ENCODING 'UTF8'.");
        }
    }

    private static async Task RefuseClockSkew(NpgsqlConnection connection, TimeProvider clock, CancellationToken stop)
    {
        var before = clock.GetUtcNow();
        await using var ask = new NpgsqlCommand("SELECT clock_timestamp()", connection);
        var there = new DateTimeOffset((DateTime)(await ask.ExecuteScalarAsync(stop))!, TimeSpan.Zero);
        if (ClockSkew.Problem(ClockSkew.Between(before, there, clock.GetUtcNow())) is { } problem)
        {
            throw new DatabaseUnsuitableException(problem);
        }
    }

    // By trying again and again: a statement that waits in the server hears of no stop, and looks like a server that hangs.
    private static async Task TakeLock(NpgsqlConnection connection, TimeProvider clock, ILogger logger, CancellationToken stop)
    {
        await using var take = new NpgsqlCommand("SELECT pg_try_advisory_lock($1)", connection)
        {
            Parameters = { new NpgsqlParameter<long> { TypedValue = PostgresLocks.Key(Lock) } },
        };
        long? said = null;
        while (await take.ExecuteScalarAsync(stop) is not true)
        {
            if (said is null || clock.GetElapsedTime(said.Value) >= SayEvery)
            {
                said = clock.GetTimestamp();
                LogWaits(logger);
            }

            await Task.Delay(TryAgainAfter, clock, stop);
        }
    }

    private static async Task RefuseNewer(NpgsqlConnection connection, CancellationToken stop)
    {
        await using var exists = new NpgsqlCommand("SELECT to_regclass('schemaversions') IS NOT NULL", connection);
        if (await exists.ExecuteScalarAsync(stop) is not true)
        {
            return;
        }

        await using var list = new NpgsqlCommand("SELECT scriptname FROM schemaversions", connection);
        await using var row = await list.ExecuteReaderAsync(stop);
        var applied = new List<string>();
        while (await row.ReadAsync(stop))
        {
            applied.Add(row.GetString(0));
        }

        KnownChanges.Refuse(applied, Scripts.NamesIn(Folder));
    }

    private static void Run(string connectionString, ILogger logger)
    {
        var result = DeployChanges.To.PostgresqlDatabase(connectionString)
            .WithScripts(Scripts.In(Folder))
            .WithTransactionPerScript()
            .WithExecutionTimeout(ScriptWithin)
            .WithVariablesDisabled()
            .LogTo(new ScriptLog(logger))
            .Build()
            .PerformUpgrade();
        if (!result.Successful)
        {
            throw PostgresErrors.IsOfTheServer(result.Error)
                ? result.Error
                : new StorageDamagedException(
                    $"The database could not be brought up to date (script {result.ErrorScript?.Name ?? "none"}): {result.Error.Message}", result.Error);
        }
    }

    [LoggerMessage(EventId = 4, Level = LogLevel.Information, Message = "Another process brings the database up to date; this one waits for it")]
    private static partial void LogWaits(ILogger logger);
}
