using System.Reflection;
using DbUp.Engine;
using DbUp.Engine.Output;
using Microsoft.Extensions.Logging;

namespace Loopwave.Storage.Sql;

/// <summary>The numbered scripts of a schema.</summary>
internal static class Scripts
{
    /// <param name="folder">Where they are, as a namespace.</param>
    public static IEnumerable<SqlScript> In(string folder)
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
