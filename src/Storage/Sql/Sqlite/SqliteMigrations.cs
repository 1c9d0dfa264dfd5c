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
    /// <param name="folder">Where the scripts are, as a namespace.</param>
    public static void Apply(string connectionString, string folder, ILogger logger)
    {
        try
        {
            RefuseNewer(connectionString, folder);
            var result = DeployChanges.To.SqliteDatabase(connectionString)
                .WithScripts(Scripts(folder))
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

    private static IEnumerable<SqlScript> Scripts(string folder)
    {
        var assembly = Assembly.GetExecutingAssembly();
        return assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(folder, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name =>
            {
                using var text = new StreamReader(assembly.GetManifestResourceStream(name)!);
                return new SqlScript(name[folder.Length..], text.ReadToEnd());
            });
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

        var known = Scripts(folder).Select(script => script.Name).ToHashSet();
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
