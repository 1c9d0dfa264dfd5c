using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Loopwave.Engines;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Loopwave.WhatsApp;

/// <summary>Starts hosts as Node processes. They see of our environment only what Node needs: the rest holds secrets.</summary>
internal sealed partial class NodeLauncher(IOptions<WhatsAppEngineOptions> options, HostFolders folders, ILogger<NodeLauncher> logger) : IHostLauncher
{
    public const int OldestNode = 20;

    private static readonly string[] Handed =
    [
        "PATH", "HOME", "TMPDIR", "TZ", "LANG", "LC_ALL", "SystemRoot", "NODE_OPTIONS", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR",
    ];

    // Node that was found good once is asked no more; Node that is missing may be installed while we run.
    private bool _nodeIsGood;

    /// <summary>How Node is called.</summary>
    public string Node { get; init; } = "node";

    public async Task<IHostProcess> Launch(string socket, string token, CancellationToken cancellationToken)
    {
        var main = Path.Combine(options.Value.Folder, "main.js");
        if (!File.Exists(main))
        {
            throw new EngineException(
                EngineError.Unavailable, "The engine of WhatsApp numbers is not part of this installation (engine/main.js is missing).", "engine_missing");
        }

        if (!_nodeIsGood)
        {
            await CheckNode(cancellationToken);
            _nodeIsGood = true;
        }

        var start = Command("--max-old-space-size=1024", main);
        start.Environment["LOOPWAVE_ENGINE_SOCKET"] = socket;
        start.Environment["LOOPWAVE_ENGINE_TOKEN"] = token;
        var folder = folders.Create();
        try
        {
            start.Environment["TMPDIR"] = folder;
            return new NodeProcess(Start(start), () => folders.Remove(folder), logger);
        }
        catch
        {
            folders.Remove(folder);
            throw;
        }
    }

    private async Task CheckNode(CancellationToken cancellationToken)
    {
        using var node = Start(Command("--version"));
        node.StandardInput.Close();
        var said = await node.StandardOutput.ReadToEndAsync(cancellationToken);
        if (said.Length == 0)
        {
            throw new EngineException(EngineError.Unavailable, "Node.js ended before it said its version; it is asked again.", "engine_failed");
        }

        if (Major(said) is not { } major || major < OldestNode)
        {
            throw new EngineException(
                EngineError.Unavailable, $"WhatsApp numbers need Node.js {OldestNode} or later; this machine has {said.Trim()}.", "node_too_old");
        }
    }

    private static int? Major(string version) =>
        int.TryParse(version.Trim().TrimStart('v').Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? major : null;

    private ProcessStartInfo Command(params string[] arguments)
    {
        var start = new ProcessStartInfo(Node, arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        };
        foreach (var name in start.Environment.Keys.Except(Handed).ToList())
        {
            start.Environment.Remove(name);
        }

        return start;
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            throw new EngineException(
                EngineError.Unavailable, $"WhatsApp numbers need Node.js {OldestNode} or later, which was not found on this machine.", "node_missing");
        }
    }

    private sealed class NodeProcess : IHostProcess
    {
        private readonly Process _process;
        private readonly Action _cleanUp;
        private readonly ILogger _logger;
        private long _written;

        public NodeProcess(Process process, Action cleanUp, ILogger logger)
        {
            _process = process;
            _cleanUp = cleanUp;
            _logger = logger;
            Id = process.Id;
            process.StandardInput.Close();
            Exited = Run(Task.WhenAll(Drain(process.StandardOutput.BaseStream), Drain(process.StandardError.BaseStream)));
        }

        public int Id { get; }

        public Task Exited { get; }

        public void Kill() => _process.Kill();

        public void Dispose() => _process.Dispose();

        private async Task Run(Task drained)
        {
            await _process.WaitForExitAsync();
            _cleanUp();
            _ = Tell(_process.ExitCode, drained);
        }

        // What it wrote last is read after its end. Nobody else waits for that.
        private async Task Tell(int code, Task drained)
        {
            await drained;
            LogEnded(_logger, Id, code, Interlocked.Read(ref _written));
        }

        // Nothing belongs there, and what a dependency writes all the same may hold keys: it is counted and dropped.
        private async Task Drain(Stream stream)
        {
            var buffer = new byte[4096];
            try
            {
                while (await stream.ReadAsync(buffer) is > 0 and var read)
                {
                    if (Interlocked.Add(ref _written, read) == read)
                    {
                        LogWrites(_logger, Id);
                    }
                }
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException or OperationCanceledException)
            {
                // The process is gone.
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Engine host process {Process} writes to its output, where nothing belongs; it is dropped")]
    private static partial void LogWrites(ILogger logger, int process);

    [LoggerMessage(LogLevel.Information, "Engine host process {Process} ended with code {Code}; it had written {Bytes} bytes to its output")]
    private static partial void LogEnded(ILogger logger, int process, int code, long bytes);
}
