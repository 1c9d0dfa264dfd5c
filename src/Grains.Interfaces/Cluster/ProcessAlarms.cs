using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Loopwave.Cluster;

/// <summary>What is wrong with this process that an operator has to mend: said in the log once, and shown as long as it is so. Any thread.</summary>
public sealed partial class ProcessAlarms(TimeProvider clock, ILogger<ProcessAlarms> logger)
{
    private readonly ConcurrentDictionary<string, AlarmView> _raised = [];

    /// <summary>Those that are raised, by their codes.</summary>
    public IReadOnlyList<AlarmView> All => [.. _raised.Values.OrderBy(alarm => alarm.Code, StringComparer.Ordinal)];

    /// <summary>Raises or lowers an alarm.</summary>
    /// <param name="code">One of <see cref="AlarmCodes"/>.</param>
    /// <param name="problem">What is wrong now, as a sentence; null when nothing is.</param>
    public void Set(string code, string? problem)
    {
        if (problem is null)
        {
            if (_raised.TryRemove(code, out _))
            {
                LogOver(logger, code);
            }

            return;
        }

        var known = _raised.GetValueOrDefault(code);
        _raised[code] = new AlarmView(code, problem, known?.Since ?? clock.GetUtcNow());
        if (known is null)
        {
            LogRaised(logger, code, problem);
        }
    }

    [LoggerMessage(LogLevel.Error, "Alarm {Code}: {Problem}")]
    private static partial void LogRaised(ILogger logger, string code, string problem);

    [LoggerMessage(LogLevel.Information, "The alarm {Code} is over")]
    private static partial void LogOver(ILogger logger, string code);
}
