using Loopwave.Configuration;
using Microsoft.Extensions.Hosting;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Compact;
using Serilog.Formatting.Display;

namespace Loopwave.Logging;

/// <summary>Where log lines go: to <c>DATA_DIR/logs</c>, and to standard output.</summary>
public static class LoggingServices
{
    /// <summary>What is logged unless the operator says otherwise.</summary>
    public const LogEventLevel Usual = LogEventLevel.Information;

    private const string Readable = "{Timestamp:HH:mm:ss} {Level:u3} {SourceContext}: {Message:lj}{NewLine}{Exception}";

    /// <param name="standardOutput">The least level for standard output; raised by the caller while a start-up screen is shown.</param>
    public static void AddLoopwaveLogging(this IHostApplicationBuilder builder, LoopwaveSettings settings, LoggingLevelSwitch standardOutput)
    {
        // A person reads sentences, a container's log collector reads one JSON object a line.
        ITextFormatter shown = Console.IsOutputRedirected ? new CompactJsonFormatter() : new MessageTemplateTextFormatter(Readable);
        var logger = Quieted(new LoggerConfiguration(), settings.LogLevel ?? Usual)
            .Filter.ByExcluding(IsStartGivenUp)
            .Enrich.FromLogContext()
            .WriteTo.Console(new MaskingFormatter(shown), levelSwitch: standardOutput)
            .WriteTo.Sink(new LogFiles(settings.LogDirectory, settings.ProcessName))
            .CreateLogger();
        builder.Services.AddSerilog(logger, dispose: true);
    }

    private static LoggerConfiguration Quieted(LoggerConfiguration configuration, LogEventLevel level)
    {
        configuration.MinimumLevel.Is(level);
        foreach (var (category, least) in Noise)
        {
            configuration.MinimumLevel.Override(category, level > least ? level : least);
        }

        return configuration;
    }

    // Who asks a process to stop while it starts is told by its exit code, and not by an error of the framework's host. A part that fails
    // by a cancellation, then or later, is another matter.
    private static bool IsStartGivenUp(LogEvent line) => line.Exception is OperationCanceledException
        && line.MessageTemplate.Text == "Hosting failed to start"
        && line.Properties.GetValueOrDefault(Constants.SourceContextPropertyName) is ScalarValue { Value: "Microsoft.Extensions.Hosting.Internal.Host" };

    /// <summary>Categories that say nothing an operator can use at a lower level.</summary>
    private static IEnumerable<(string Category, LogEventLevel Least)> Noise =>
    [
        ("Microsoft", LogEventLevel.Warning),
        ("Orleans", LogEventLevel.Warning),
        ("Polly", LogEventLevel.Warning),

        // False alarms at start: a participant that "has not completed" since the machine booted, and the garbage
        // collector, which is set for small machines on purpose.
        ("Orleans.Runtime.Watchdog", LogEventLevel.Error),
        ("Orleans.Runtime.SiloControl", LogEventLevel.Error),
        ("Orleans.Runtime.Silo", LogEventLevel.Error),

        // A line with the whole message for each that nobody waits for any more: a thousand a second after a silo was cut off from the
        // database. Whoever waited says so as well.
        ("Orleans.Messaging", LogEventLevel.Error),

        // The address is chosen by PORT and BIND_ADDRESS, whatever ASPNETCORE_URLS says.
        ("Microsoft.AspNetCore.Server.Kestrel", LogEventLevel.Error),
    ];
}
