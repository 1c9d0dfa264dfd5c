using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Loopwave.Processes;

/// <summary>
/// A PostgreSQL server of its own in a temporary folder. It ends with this process, however that ends. For an administrator
/// it runs as the user postgres, since it refuses to run as root.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const string User = "postgres";
    private const int Quit = 3;

    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private readonly string _binaries = Binaries();
    private readonly string _folder = Directory.CreateTempSubdirectory("loopwave-postgres-").FullName;
    private Process? _process;
    private Watchdog? _watchdog;
    private int _databases;

    private PostgresServer()
    {
    }

    public int Port { get; } = FreePort();

    /// <summary>The process that started all others of the server.</summary>
    public int Id => int.Parse(File.ReadLines(Path.Combine(Data, "postmaster.pid")).First(), CultureInfo.InvariantCulture);

    private string Data => Path.Combine(_folder, "data");

    public static async Task<PostgresServer> Start()
    {
        var server = new PostgresServer();
        if (Environment.IsPrivilegedProcess)
        {
            await Run(new ProcessStartInfo("chown", [User, server._folder]));
        }

        // Words sort as people sort them, unlike bytes: what needs the order of bytes must say so.
        await Run(server.AsItsUser(
            "initdb", "-D", server.Data, "-U", User, "--auth=trust", "-E", "UTF8", "--locale=C", "--locale-provider=icu", "--icu-locale=en-US",
            "--no-sync"));
        await server.Go();
        return server;
    }

    /// <summary>In Npgsql's form.</summary>
    /// <param name="port">Of somebody who passes it on; the server's own when null.</param>
    public string ConnectionString(string database = "postgres", int? port = null) =>
        $"Host=127.0.0.1;Port={port ?? Port};Username={User};Database={database};SSL Mode=Disable";

    /// <summary>A new database.</summary>
    /// <param name="template">What it is a copy of; nobody may be connected to that.</param>
    public async Task<string> CreateDatabase(string template = "template0")
    {
        var name = $"test_{Interlocked.Increment(ref _databases)}";
        await Execute($"CREATE DATABASE {name} TEMPLATE {template}");
        return name;
    }

    public Task DropDatabase(string name) => Execute($"DROP DATABASE IF EXISTS {name} WITH (FORCE)");

    public async Task Execute(string sql, string database = "postgres")
    {
        await using var connection = new NpgsqlConnection(ConnectionString(database) + ";Pooling=false;Command Timeout=60");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Starts the server, after a <see cref="Kill"/> again, and waits until it can be used.</summary>
    public async Task Go()
    {
        _process = Process.Start(AsItsUser(
            "postgres", "-D", Data, "-p", Port.ToString(CultureInfo.InvariantCulture), "-k", _folder, "-c", "listen_addresses=127.0.0.1",
            "-c", "fsync=on", "-c", "max_connections=400", "-c", "shared_buffers=64MB"))!;
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        _watchdog = new Watchdog(_process.Id);
        var started = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await Execute("SELECT 1");
                return;
            }
            catch (NpgsqlException) when (started.Elapsed < StartsWithin && !_process.HasExited)
            {
                // Starting, or recovering.
                await Task.Delay(LookEvery, TimeProvider.System);
            }
        }
    }

    /// <summary>Kills the server with all its processes. What it has not written is lost, as in a crash.</summary>
    public async Task Kill()
    {
        var all = Children(_process!.Id).Prepend(_process.Id).ToList();
        foreach (var process in all.Where(process => Directory.Exists($"/proc/{process}")))
        {
            Signal.Send(process, Signal.Kill);
        }

        await Ended();
        foreach (var process in all)
        {
            while (Directory.Exists($"/proc/{process}"))
            {
                await Task.Delay(LookEvery, TimeProvider.System);
            }
        }
    }

    /// <summary>Lets nothing of the server run, or lets it run again: it neither answers nor refuses.</summary>
    public void Freeze(bool frozen)
    {
        foreach (var process in Children(_process!.Id).Prepend(_process.Id))
        {
            Signal.Send(process, frozen ? Signal.Stop : Signal.Continue);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            Signal.Send(_process.Id, Quit);
            await Ended();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private async Task Ended()
    {
        await _process!.WaitForExitAsync();
        _watchdog!.Dispose();
        _process.Dispose();
        _process = null;
    }

    private static IEnumerable<int> Children(int process) =>
        File.ReadAllText($"/proc/{process}/task/{process}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(child => int.Parse(child, CultureInfo.InvariantCulture));

    private static string Binaries() => Directory.GetDirectories("/usr/lib/postgresql")
        .Select(version => Path.Combine(version, "bin"))
        .Where(folder => File.Exists(Path.Combine(folder, "postgres")))
        .MaxBy(folder => double.Parse(Path.GetFileName(Path.GetDirectoryName(folder))!, CultureInfo.InvariantCulture))
        ?? throw new InvalidOperationException("There is no PostgreSQL server below /usr/lib/postgresql. Install the package postgresql.");

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private ProcessStartInfo AsItsUser(string program, params IEnumerable<string> arguments)
    {
        program = Path.Combine(_binaries, program);
        return new ProcessStartInfo(
            Environment.IsPrivilegedProcess ? "setpriv" : program,
            Environment.IsPrivilegedProcess ? ["--reuid", User, "--regid", User, "--clear-groups", program, .. arguments] : arguments)
        {
            WorkingDirectory = _folder, RedirectStandardOutput = true, RedirectStandardError = true,
        };
    }

    private static async Task Run(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{start.FileName} ended with code {process.ExitCode}: {await output}{await errors}");
        }
    }
}
