using Loopwave.Deployment;
using Loopwave.Storage.Sql.Postgres;
using Npgsql;

namespace Loopwave.Storage;

/// <summary>
/// What a process that keeps no data has to know of the database in which it finds the silos: whose it is, and what time it is
/// there. It reads one row, and changes nothing.
/// </summary>
public static class ClusterDatabase
{
    /// <summary>Null while the database cannot be reached, or nobody has made it theirs yet.</summary>
    /// <param name="connectionString">In Npgsql's form.</param>
    /// <param name="clock">This machine's time.</param>
    public static async Task<ClusterDatabaseView?> Look(string connectionString, TimeProvider clock, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = new NpgsqlConnection(PostgresConnections.ForQuestions(connectionString));
            await connection.OpenAsync(cancellationToken);
            await using var exists = new NpgsqlCommand("SELECT to_regclass('setting') IS NOT NULL", connection);
            if (await exists.ExecuteScalarAsync(cancellationToken) is not true)
            {
                return null;
            }

            var before = clock.GetUtcNow();
            await using var ask = new NpgsqlCommand("SELECT clock_timestamp(), (SELECT value FROM setting WHERE name = $1)", connection)
            {
                Parameters = { new NpgsqlParameter<string> { TypedValue = ClusterIdentity.Setting } },
            };
            await using var row = await ask.ExecuteReaderAsync(cancellationToken);
            await row.ReadAsync(cancellationToken);
            var skew = ClockSkew.Between(before, new DateTimeOffset(row.GetFieldValue<DateTime>(0), TimeSpan.Zero), clock.GetUtcNow());
            return await row.IsDBNullAsync(1, cancellationToken) ? null : new ClusterDatabaseView(row.GetString(1), skew);
        }
        catch (Exception error) when (PostgresErrors.IsOfTheServer(error))
        {
            return null;
        }
    }
}

/// <summary>The database of a cluster at one moment.</summary>
/// <param name="Owner">Whose it is; see <see cref="ClusterIdentity"/>.</param>
/// <param name="Skew">How far its clock and ours are apart.</param>
public sealed record ClusterDatabaseView(string Owner, TimeSpan Skew);
