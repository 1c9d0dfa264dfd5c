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

        var known = Scripts.In(folder).Select(script => script.Name).ToHashSet();
        command.CommandText = "SELECT ScriptName FROM SchemaVersions";
        using var applied = command.ExecuteReader();
        while (applied.Read())
        {
            if (!known.Contains(applied.GetString(0)))
            {
                throw new NewerSchemaException("The database");
            }
        }
    }
}
