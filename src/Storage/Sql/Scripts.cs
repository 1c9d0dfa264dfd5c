using System.Reflection;
using DbUp.Engine;
using DbUp.Engine.Output;
using Microsoft.Extensions.Logging;

namespace Loopwave.Storage.Sql;

/// <summary>The numbered scripts of a schema.</summary>
internal static class Scripts
{
    /// <param name="folder">Where they are, as a namespace.</param>
    public static IEnumerable<SqlScript> In(string folder) => NamesIn(folder).Order(StringComparer.Ordinal).Select(name =>
    {
        using var text = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(folder + name)!);
        return new SqlScript(name, text.ReadToEnd());
    });

    /// <inheritdoc cref="In"/>
    public static IEnumerable<string> NamesIn(string folder) => Assembly.GetExecutingAssembly().GetManifestResourceNames()
        .Where(name => name.StartsWith(folder, StringComparison.Ordinal))
        .Select(name => name[folder.Length..]);
}

/// <summary>Which changes of a schema a release knows. A change is never taken back, so one that is unknown is of a newer release.</summary>
internal static class KnownChanges
{
    /// <param name="applied">The changes that the data has had, by their names.</param>
    /// <param name="known">Those of this release.</param>
    public static bool IsNewer(IEnumerable<string> applied, IEnumerable<string> known) => applied.Except(known, StringComparer.Ordinal).Any();

    /// <inheritdoc cref="IsNewer"/>
    /// <exception cref="NewerSchemaException">A newer release has changed the data.</exception>
    public static void Refuse(IEnumerable<string> applied, IEnumerable<string> known)
    {
        if (IsNewer(applied, known))
        {
            throw new NewerSchemaException("The database");
        }
    }
}

/// <summary>What the library says, as log events of ours.</summary>
internal sealed partial class ScriptLog(ILogger logger) : IUpgradeLog
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
