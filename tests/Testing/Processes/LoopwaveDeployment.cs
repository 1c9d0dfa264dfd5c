using System.Net;
using System.Net.Sockets;

namespace Loopwave.Processes;

/// <summary>
/// A deployment of real processes for tests: a data folder and a port of its own, kept over restarts. Nothing of it
/// outlives its disposal, nor the death of the test process.
/// </summary>
public sealed class LoopwaveDeployment : IAsyncDisposable
{
    public const string AdminEmail = "admin@example.com";
    public const string AdminPassword = "a long enough password";

    private readonly List<LoopwaveProcess> _processes = [];

    public string Folder { get; } = Directory.CreateTempSubdirectory("loopwave-test-").FullName;

    public string DataDirectory => Path.Combine(Folder, "data");

    public int Port { get; } = FreePort();

    /// <summary>Environment variables for processes started from now on; null leaves a variable out.</summary>
    public Dictionary<string, string?> Settings { get; } = [];

    /// <summary>What each process wrote to its standard streams so far, the first one first.</summary>
    public IEnumerable<string> Outputs => _processes.Select(process => process.Output);

    /// <summary>Starts a process and waits until it says that it is ready.</summary>
    public async Task<LoopwaveProcess> Start()
    {
        var process = Launch();
        await process.Ready();
        return process;
    }

    /// <summary>Starts a process that may not become ready.</summary>
    public LoopwaveProcess Launch()
    {
        var start = LoopwaveProcess.Program("Standalone", Folder);
        start.Environment["PORT"] = $"{Port}";
        start.Environment["DATA_DIR"] = DataDirectory;
        start.Environment["ADMIN_EMAIL"] = AdminEmail;
        start.Environment["ADMIN_PASSWORD"] = AdminPassword;
        foreach (var (name, value) in Settings)
        {
            start.Environment[name] = value;
        }

        var process = new LoopwaveProcess(start, new Uri($"http://localhost:{Port}"));
        _processes.Add(process);
        return process;
    }

    /// <summary>Ends every process; what they left behind is there until the disposal.</summary>
    public async Task End()
    {
        foreach (var process in _processes)
        {
            await process.End();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await End();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>A port that nothing listens on now.</summary>
    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
