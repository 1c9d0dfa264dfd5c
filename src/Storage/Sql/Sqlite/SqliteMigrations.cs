using System.Reflection;
using DbUp;
using DbUp.Engine;
using DbUp.Engine.Output;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Loopwave.Storage.Sql.Sqlite;

/// <summary>
/// Brings the schema up to date with the numbered scripts beside this file. A script that was released is never changed;
/// the database remembers which ones it had.
/// </summary>
internal static partial class SqliteMigrations
{
    private const string Folder = "Loopwave.Storage.Sql.Sqlite.Migrations.";

    public static void Apply(string connectionString, ILogger logger)
    {
        try
        {
            RefuseNewer(connectionString);
            var result = DeployChanges.To.SqliteDatabase(connectionString)
                .WithScripts(Scripts())
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

    private static IEnumerable<SqlScript> Scripts()
    {
        var assembly = Assembly.GetExecutingAssembly();
        return assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Folder, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name =>
            {
                using var text = new StreamReader(assembly.GetManifestResourceStream(name)!);
                return new SqlScript(name[Folder.Length..], text.ReadToEnd());
            });
    }

    private static void RefuseNewer(string connectionString)
    {
        using var connection = new SqliteConnection(connectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT 1 FROM sqlite_master WHERE name = 'SchemaVersions'";
        if (command.ExecuteScalar() is null)
        {
            return;
        }

        var known = Scripts().Select(script => script.Name).ToHashSet();
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

    /// <summary>What the library says, as log events of ours.</summary>
    private sealed partial class ScriptLog(ILogger logger) : IUpgradeLog
    {
        public void LogTrace(string format, params object[] args) => Debug(logger, string.Format(null, format, args));

        public void LogDebug(string format, params object[] args) => Debug(logger, string.Format(null, format, args));

        public void LogInformation(string format, params object[] args) => Debug(logger, string.Format(null, format, args));

        public void LogWarning(string format, params object[] args) => Warning(logger, string.Format(null, format, args));

        public void LogError(string format, params object[] args) => Warning(logger, string.Format(null, format, args));

        public void LogError(Exception ex, string format, params object[] args) => Warning(logger, string.Format(null, format, args));

        [LoggerMessage(EventId = 2, Level = LogLevel.Debug, Message = "Schema: {Text}")]
        private static partial void Debug(ILogger logger, string text);

        [LoggerMessage(EventId = 3, Level = LogLevel.Warning, Message = "Schema: {Text}")]
        private static partial void Warning(ILogger logger, string text);
    }
}
