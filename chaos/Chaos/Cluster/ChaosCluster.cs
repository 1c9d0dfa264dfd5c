using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Loopwave.Chaos.Load;
using Loopwave.Chaos.Watching;
using Loopwave.Network;
using Loopwave.Processes;
using Npgsql;

namespace Loopwave.Chaos.Cluster;

/// <summary>Two silos and two API nodes with their database, and the WhatsApp server for tests where the plan has WhatsApp numbers.</summary>
internal sealed class ChaosCluster : IAsyncDisposable
{
    public const int Silos = 2;
    public const int ApiNodes = 2;

    // As docker-compose.yml has it.
    private static readonly TimeSpan Drain = TimeSpan.FromSeconds(120);

    private readonly ClusterDeployment _deployment;
    private readonly Dictionary<int, LoopwaveProcess> _silos = [];
    private readonly Dictionary<int, LoopwaveProcess> _apis = [];
    private readonly Dictionary<int, FaultProxy> _toDatabase = [];
    private readonly Dictionary<int, FaultProxy> _toWhatsApp = [];

    private ChaosCluster(ClusterDeployment deployment, EmulatorProcess? whatsApp, SiloNetwork? network, Action<string> say, TimeProvider clock) =>
        (_deployment, WhatsApp, Network, Nodes, Attendance) = (deployment, whatsApp, network, new ApiNodes(clock), new Attendance(say, clock));

    public EmulatorProcess? WhatsApp { get; }

    /// <summary>The network between the silos; null where they share that of this machine.</summary>
    public SiloNetwork? Network { get; }

    /// <summary>Whether its silos and API nodes are there.</summary>
    public Attendance Attendance { get; }

    public PostgresServer Postgres => _deployment.Postgres;

    /// <summary>How we reach the database, whatever is done to the way of others.</summary>
    public string Database => _deployment.Database;

    /// <summary>The API nodes, as callers reach them.</summary>
    public ApiNodes Nodes { get; }

    public IEnumerable<string> LogFolders => _deployment.LogFolders;

    public static async Task<ChaosCluster> Start(ChaosPlan plan, Action<string> say, TimeProvider clock)
    {
        var deployment = await ClusterDeployment.Create();
        var whatsApp = plan.EmulatedNumbers > 0 ? await EmulatorProcess.Start() : null;
        var network = plan.OwnNetwork ? await SiloNetwork.Create(Silos) : null;
        var cluster = new ChaosCluster(deployment, whatsApp, network, say, clock);
        try
        {
            cluster.Set();
            if (plan.ThroughProxies)
            {
                cluster.SetProxies();
            }

            await Task.WhenAll(Enumerable.Range(1, Silos).Select(cluster.StartSilo));
            await Task.WhenAll(Enumerable.Range(1, ApiNodes).Select(cluster.LaunchApi));
            var key = await cluster._apis[1].NewKey();
            foreach (var (_, api) in cluster._apis.OrderBy(one => one.Key))
            {
                cluster.Nodes.Add(api, key);
            }

            return cluster;
        }
        catch (Exception)
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public LoopwaveProcess Silo(int number) => _silos[number];

    /// <summary>How the cluster calls a silo.</summary>
    public string AddressOf(int silo) => _deployment.AddressOf(silo);

    /// <summary>The way of a silo to the database; only in a plan with proxies.</summary>
    public FaultProxy ToDatabase(int silo) => _toDatabase[silo];

    /// <summary>The way of a silo's engine hosts to WhatsApp; only in a plan with proxies.</summary>
    public FaultProxy ToWhatsApp(int silo) => _toWhatsApp[silo];

    /// <summary>A silo, again after an end; waits until it has joined.</summary>
    public async Task StartSilo(int number)
    {
        Attendance.Starts();
        var silo = _silos[number] = await _deployment.StartSilo(number);
        Attendance.Joined($"silo {number}", () => CodeOf(silo), () => StartSilo(number));
    }

    /// <summary>Starts a silo again if it finds out within a time that it must end by itself; whether it did.</summary>
    public async Task<bool> StartSiloIfEnded(int number, TimeSpan within)
    {
        if (!await Silo(number).EndsWithin(within))
        {
            return false;
        }

        await StartSilo(number);
        return true;
    }

    /// <summary>SIGTERM: the silo hands its numbers over and ends with 0.</summary>
    public async Task StopSilo(int number)
    {
        if (await _silos[number].Stop(Drain + TimeSpan.FromSeconds(30)) is not 0 and var code)
        {
            Attendance.Complain($"silo {number} was asked to stop, and ended with code {code}");
        }
    }

    /// <summary>Has a number moved to the other silo, as an operator does on the page of the cluster; returns when that was asked for.</summary>
    public async Task MoveToOther(string number)
    {
        using var answer = await _apis[1].Http.PostAsJsonAsync($"/api/app/cluster/numbers/{number}/move", new { silo = (string?)null });
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Lets an API node go in a way, and start again.</summary>
    /// <param name="answers">In this way it answers everything that it has taken.</param>
    public async Task RestartApi(int number, bool answers, Func<LoopwaveProcess, Task> end)
    {
        Nodes.Goes(number - 1, answers);
        await end(_apis[number]);
        await LaunchApi(number);
        Nodes.IsBack(number - 1);
    }

    /// <summary>Copies what all processes logged so far, each into a folder of its own.</summary>
    public void KeepLogs(string folder)
    {
        foreach (var logs in LogFolders.Where(Directory.Exists))
        {
            var kept = Directory.CreateDirectory(Path.Combine(folder, Path.GetFileName(Path.GetDirectoryName(logs)!)));
            foreach (var file in Directory.GetFiles(logs))
            {
                File.Copy(file, Path.Combine(kept.FullName, Path.GetFileName(file)), overwrite: true);
            }
        }
    }

    /// <summary>What runs now, by kind.</summary>
    public IEnumerable<(string Kind, int Process)> Processes() =>
    [
        .. _silos.Values.Select(silo => ("silos", silo.Id)),
        .. _silos.Values.Where(silo => Directory.Exists($"/proc/{silo.Id}")).SelectMany(silo => silo.Children()).Select(host => ("engine hosts", host)),
        .. _apis.Values.Select(api => ("API nodes", api.Id)),
    ];

    public async ValueTask DisposeAsync()
    {
        await _deployment.DisposeAsync();
        if (WhatsApp is { } whatsApp)
        {
            await whatsApp.DisposeAsync();
        }

        foreach (var proxy in _toDatabase.Values.Concat(_toWhatsApp.Values))
        {
            proxy.Dispose();
        }

        if (Network is { } network)
        {
            await network.DisposeAsync();
        }
    }

    private async Task LaunchApi(int number)
    {
        Attendance.Starts();
        var api = _apis[number] = await _deployment.StartApi(number);
        Attendance.Joined($"API node {number}", () => CodeOf(api), () => LaunchApi(number));
    }

    private static async Task<int?> CodeOf(LoopwaveProcess process) => await process.EndsWithin(TimeSpan.Zero) ? await process.Exit() : null;

    private void Set()
    {
        // Nobody answers by themselves: each message of a run was asked for.
        _deployment.Settings["Sandbox__Echo"] = "false";
        _deployment.Settings["Sandbox__LinkDelay"] = "00:00:00";
        _deployment.Settings["Sandbox__HistoryChats"] = "0";
        _deployment.Settings["DRAIN_SECONDS"] = Drain.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        if (WhatsApp is { } whatsApp)
        {
            _deployment.Settings["NODE_OPTIONS"] = whatsApp.NodeOptions;
            _deployment.Settings["NODE_EXTRA_CA_CERTS"] = whatsApp.Certificates;
            _deployment.Settings["WA_SOCKET_URL"] = whatsApp.Url;
        }

        for (var silo = 1; silo <= Silos && Network is { } network; silo++)
        {
            _deployment.Namespaces[$"silo-{silo}"] = network.NamespaceOf(silo);
            _deployment.SettingsOf($"silo-{silo}")["SILO_ADDRESS"] = network.AddressOf(silo).ToString();
        }
    }

    private void SetProxies()
    {
        var here = Network?.Gateway ?? IPAddress.Loopback;
        for (var silo = 1; silo <= Silos; silo++)
        {
            var settings = _deployment.SettingsOf($"silo-{silo}");
            var database = new NpgsqlConnectionStringBuilder(Database);
            var proxy = _toDatabase[silo] = new FaultProxy(here, new IPEndPoint(IPAddress.Loopback, database.Port));
            (database.Host, database.Port) = (here.ToString(), proxy.Address.Port);
            settings["POSTGRES_URI"] = database.ToString();
            if (WhatsApp is { } whatsApp)
            {
                var url = new UriBuilder(whatsApp.Url);
                proxy = _toWhatsApp[silo] = new FaultProxy(here, new IPEndPoint(IPAddress.Loopback, url.Port));
                (url.Host, url.Port) = (here.ToString(), proxy.Address.Port);
                settings["WA_SOCKET_URL"] = url.ToString();
            }
        }
    }
}
