using System.Data;
using DbUp;
using Loopwave.Deployment;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Loopwave.Storage.Sql.Postgres;

/// <summary>
/// Brings the schema up to date with the numbered scripts beside this file. A script that was released is never changed;
/// the database remembers which ones it had. Processes that start together come one after the other.
/// </summary>
internal static class PostgresMigrations
{
    /// <summary>Where the scripts are, as a namespace.</summary>
    public const string Folder = "Loopwave.Storage.Sql.Postgres.Migrations.";

    private const int OldestVersion = 13;

    /// <exception cref="StorageStartException">Trying again changes nothing.</exception>
    /// <exception cref="NpgsqlException">The server cannot be reached now.</exception>
    public static void Apply(string connectionString, TimeProvider clock, ILogger logger)
    {
        // The lock goes with the connection, however the process ends.
        using var connection = new NpgsqlConnection(connectionString);
        connection.Open();
        RefuseUnsuitable(connection);
        RefuseClockSkew(connection, clock);
        using var takeLock = new NpgsqlCommand("SELECT pg_advisory_lock($1)", connection)
        {
            Parameters = { new NpgsqlParameter<long> { TypedValue = PostgresLocks.Key("migrations") } },
        };
        takeLock.ExecuteNonQuery();
        RefuseNewer(connection);
        var result = DeployChanges.To.PostgresqlDatabase(connectionString)
            .WithScripts(Scripts.In(Folder))
            .WithTransactionPerScript()
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

    private static void RefuseUnsuitable(NpgsqlConnection connection)
    {
        if (connection.PostgreSqlVersion.Major < OldestVersion)
        {
            throw new DatabaseUnsuitableException(
                $"PostgreSQL {OldestVersion} or later is needed; the server of POSTGRES_URI is {connection.PostgreSqlVersion}.");
        }

        using var encoding = new NpgsqlCommand("SHOW server_encoding", connection);
        if (encoding.ExecuteScalar() is not "UTF8")
        {
            throw new DatabaseUnsuitableException("The database of POSTGRES_URI must have the encoding UTF8; create it anew with ENCODING 'UTF8'.");
        }
    }

    private static void RefuseClockSkew(NpgsqlConnection connection, TimeProvider clock)
    {
        var before = clock.GetUtcNow();
        using var ask = new NpgsqlCommand("SELECT clock_timestamp()", connection);
        var there = new DateTimeOffset((DateTime)ask.ExecuteScalar()!, TimeSpan.Zero);
        if (ClockSkew.Problem(ClockSkew.Between(before, there, clock.GetUtcNow())) is { } problem)
        {
            throw new DatabaseUnsuitableException(problem);
        }
    }

    private static void RefuseNewer(NpgsqlConnection connection)
    {
        using var exists = new NpgsqlCommand("SELECT to_regclass('schemaversions') IS NOT NULL", connection);
        if (exists.ExecuteScalar() is not true)
        {
            return;
        }

        using var list = new NpgsqlCommand("SELECT scriptname FROM schemaversions", connection);
        using var applied = list.ExecuteReader();
        KnownChanges.Refuse(applied.Cast<IDataRecord>().Select(row => row.GetString(0)).ToList(), Scripts.NamesIn(Folder));
    }
}
