using System.Data;
using DbUp;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Loopwave.Storage.Sql.Sqlite;

/// <summary>
/// Brings the schema up to date with the numbered scripts beside this file. A script that was released is never changed;
/// the database remembers which ones it had.
/// </summary>
internal static class SqliteMigrations
{
    /// <summary>Where the scripts of a deployment's own data are, as a namespace.</summary>
    public const string Folder = "Loopwave.Storage.Sql.Sqlite.Migrations.";

    /// <param name="folder">Where the scripts are, as a namespace.</param>
    public static void Apply(string connectionString, string folder, ILogger logger)
    {
        try
        {
            RefuseNewer(connectionString, folder);
            var result = DeployChanges.To.SqliteDatabase(connectionString)
                .WithScripts(Scripts.In(folder))
                .WithTransactionPerScript()
                .WithVariablesDisabled()
                .LogTo(new ScriptLog(logger))
                .Build()
                .PerformUpgrade();
            if (!result.Successful)
            {
                throw new StorageDamagedException(
                    $"The database could not be brought up to date (script {result.ErrorScript?.Name ?? "none"}): {result.Error?.Message}", result.Error);
            }
        }
        catch (SqliteException error)
        {
            throw new StorageDamagedException($"The database could not be opened: {error.Message}", error);
        }
    }

    private static void RefuseNewer(string connectionString, string folder)
    {
        using var connection = new SqliteConnection(connectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT 1 FROM sqlite_master WHERE name = 'SchemaVersions'";
        if (command.ExecuteScalar() is null)
        {
            return;
        }

        command.CommandText = "SELECT ScriptName FROM SchemaVersions";
        using var applied = command.ExecuteReader();
        KnownChanges.Refuse(applied.Cast<IDataRecord>().Select(row => row.GetString(0)).ToList(), Scripts.NamesIn(folder));
    }
}
