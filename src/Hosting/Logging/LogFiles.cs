using System.Text;
using Loopwave.Storage;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Compact;
using Serilog.Sinks.File;

namespace Loopwave.Logging;

/// <summary>
/// The log as files of a day each, kept for seven days, that nobody but the owner of the process reads. A disk that takes
/// no writes loses lines here, which standard output still shows, and nothing else.
/// </summary>
internal sealed class LogFiles : ILogEventSink, IDisposable
{
    // Made with the first line: a start that is refused for its settings leaves no folder behind. Tried again when it fails.
    private readonly Lazy<Logger> _files;

    /// <param name="name">What the files begin with; no two processes may write to the same ones.</param>
    public LogFiles(string directory, string name) => _files = new(() => Open(directory, name), LazyThreadSafetyMode.PublicationOnly);

    public void Emit(LogEvent logEvent) => ((ILogEventSink)_files.Value).Emit(logEvent);

    public void Dispose()
    {
        if (!_files.IsValueCreated)
        {
            return;
        }

        try
        {
            _files.Value.Dispose();
        }
        catch (IOException)
        {
            // The last lines can't be written. That is no reason for the process to end with a fault.
        }
    }

    private static Logger Open(string directory, string name)
    {
        OwnerOnly.CreateDirectory(directory);
        return new LoggerConfiguration()
            .MinimumLevel.Is(LevelAlias.Minimum)
            .WriteTo.File(
                new MaskingFormatter(new CompactJsonFormatter()),
                Path.Combine(directory, $"{name}-.log"),
                rollingInterval: RollingInterval.Day,
                rollOnFileSizeLimit: true,
                fileSizeLimitBytes: 64 * 1024 * 1024,
                retainedFileCountLimit: 32,
                retainedFileTimeLimit: TimeSpan.FromDays(7),
                hooks: new Restricting())
            .CreateLogger();
    }

    private sealed class Restricting : FileLifecycleHooks
    {
        public override Stream OnFileOpened(string path, Stream underlyingStream, Encoding encoding)
        {
            // A file that is there already may have been opened to others on purpose.
            if (new FileInfo(path).Length == 0)
            {
                OwnerOnly.Restrict(path);
            }

            return underlyingStream;
        }
    }
}
