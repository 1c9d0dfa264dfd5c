namespace Loopwave.Processes;

/// <summary>
/// A cluster of real processes for tests: silos and API nodes on one machine, with a PostgreSQL server of their own. A process has
/// its number for good, and with it its ports and folder, so that it can be started again. Nothing of it outlives its disposal.
/// </summary>
public sealed class ClusterDeployment : IAsyncDisposable
{
    private const string Loopback = "127.0.0.1";
    private const string Secret = "for tests only, at least 32 bytes long";
    private static readonly string CredentialsKey = Convert.ToBase64String(new byte[32]);

    private readonly Dictionary<string, int[]> _ports = [];
    private readonly Dictionary<string, Dictionary<string, string?>> _settingsOf = [];
    private readonly List<LoopwaveProcess> _processes = [];
    private readonly string _database;

    private ClusterDeployment(PostgresServer postgres, string database)
    {
        (Postgres, _database) = (postgres, database);
    }

    public PostgresServer Postgres { get; }

    public string Folder { get; } = Directory.CreateTempSubdirectory("loopwave-cluster-").FullName;

    /// <summary>Environment variables for processes started from now on; null leaves a variable out.</summary>
    public Dictionary<string, string?> Settings { get; } = [];

    /// <summary>The network namespace that a process is started in, by the process's name; the others share ours.</summary>
    public Dictionary<string, string> Namespaces { get; } = [];

    /// <summary>In Npgsql's form, as whoever shares our network reaches the cluster's database.</summary>
    public string Database => Postgres.ConnectionString(_database);

    /// <summary>The <c>POSTGRES_URI</c> of a process whose way to the database leads over this port.</summary>
    public string PostgresOver(int port) => Postgres.ConnectionString(_database, port);

    /// <summary>Where processes keep their logs.</summary>
    public IEnumerable<string> LogFolders => _ports.Keys.Select(LogFolderOf);

    public static async Task<ClusterDeployment> Create()
    {
        var postgres = await PostgresServer.Start();
        return new ClusterDeployment(postgres, await postgres.CreateDatabase());
    }

    /// <summary>Environment variables for one process (<c>silo-1</c>, <c>api-2</c>) from now on, over those for all.</summary>
    public Dictionary<string, string?> SettingsOf(string process)
    {
        if (!_settingsOf.TryGetValue(process, out var settings))
        {
            _settingsOf[process] = settings = [];
        }

        return settings;
    }

    /// <summary>Where one process (<c>silo-1</c>, <c>api-2</c>) keeps its logs.</summary>
    public string LogFolderOf(string process) => Path.Combine(Folder, process, "logs");

    /// <summary>How the cluster calls a silo: its address and port.</summary>
    public string AddressOf(int silo)
    {
        var name = $"silo-{silo}";
        return $"{SettingsOf(name).GetValueOrDefault("SILO_ADDRESS") ?? Loopback}:{Ports(name, 3)[1]}";
    }

    /// <summary>Starts silo number so and so, and waits until it has joined the cluster.</summary>
    public Task<LoopwaveProcess> StartSilo(int number) => Ready(LaunchSilo(number));

    /// <summary>Starts an API node, and waits until it reaches the cluster.</summary>
    public Task<LoopwaveProcess> StartApi(int number) => Ready(LaunchApi(number));

    /// <summary>Starts a silo that may not become ready.</summary>
    public LoopwaveProcess LaunchSilo(int number)
    {
        var name = $"silo-{number}";
        var ports = Ports(name, 3);
        return Launch("Silo", name, ports[0], new()
        {
            ["SILO_ADDRESS"] = Loopback,
            ["SILO_PORT"] = $"{ports[1]}",
            ["GATEWAY_PORT"] = $"{ports[2]}",
            ["CREDENTIALS_KEY"] = CredentialsKey,
            ["JWT_SECRET"] = Secret,
        });
    }

    /// <summary>Starts an API node that may not become ready.</summary>
    public LoopwaveProcess LaunchApi(int number)
    {
        var name = $"api-{number}";
        return Launch("Api", name, Ports(name, 1)[0], []);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.End();
        }

        await Postgres.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private static async Task<LoopwaveProcess> Ready(LoopwaveProcess process)
    {
        await process.Ready();
        return process;
    }

    private int[] Ports(string name, int count)
    {
        if (!_ports.TryGetValue(name, out var ports))
        {
            _ports[name] = ports = [.. Enumerable.Range(0, count).Select(_ => LoopwaveDeployment.FreePort())];
        }

        return ports;
    }

    private LoopwaveProcess Launch(string program, string name, int port, Dictionary<string, string?> own)
    {
        var start = LoopwaveProcess.Program(program, Folder, Namespaces.GetValueOrDefault(name));
        own["PORT"] = $"{port}";
        own["POSTGRES_URI"] = Database;
        own["DATA_DIR"] = Path.Combine(Folder, name);
        own["MEDIA_DIR"] = Path.Combine(Folder, "media");

        // One key makes all requests of a test. Silos count them; every process is told, as by one file of settings.
        own["Api__RequestsPerMinute"] = "10000000";
        own["ADMIN_EMAIL"] = LoopwaveDeployment.AdminEmail;
        own["ADMIN_PASSWORD"] = LoopwaveDeployment.AdminPassword;
        foreach (var (key, value) in own.Concat(Settings).Concat(SettingsOf(name)))
        {
            start.Environment[key] = value;
        }

        var process = new LoopwaveProcess(start, new Uri($"http://localhost:{port}"));
        _processes.Add(process);
        return process;
    }
}
