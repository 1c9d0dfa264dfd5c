using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Loopwave.Processes;

namespace Loopwave.Bench;

/// <summary>Silos, two API nodes and a database, each a real process on this machine, with what the scenarios ask of them.</summary>
internal sealed class BenchCluster : IAsyncDisposable
{
    private readonly ClusterDeployment _deployment;
    private readonly Dictionary<int, LoopwaveProcess> _silos = [];
    private readonly List<LoopwaveProcess> _nodes = [];
    private readonly List<HttpClient> _clients = [];
    private int _asked;

    private BenchCluster(ClusterDeployment deployment)
    {
        _deployment = deployment;
    }

    /// <summary>The processes that carry the numbers now.</summary>
    public IEnumerable<ProcessReading> Silos => _silos.Values.Select(silo => new ProcessReading(silo.Id));

    public IEnumerable<ProcessReading> Nodes => _nodes.Select(node => new ProcessReading(node.Id));

    public IEnumerable<ProcessReading> EngineHosts => _silos.Values.SelectMany(silo => silo.Children()).Select(id => new ProcessReading(id)).Where(one => one.IsNode);

    public ProcessReading Postgres => new(_deployment.Postgres.Id);

    /// <summary>Another client each time: which API node answers must not matter.</summary>
    public HttpClient Client => _clients[(int)((uint)Interlocked.Increment(ref _asked) % _clients.Count)];

    public static async Task<BenchCluster> Start(int silos, params (string Name, string Value)[] settings)
    {
        var cluster = new BenchCluster(await ClusterDeployment.Create());
        foreach (var (name, value) in settings)
        {
            cluster._deployment.Settings[name] = value;
        }

        await Task.WhenAll(Enumerable.Range(1, silos).Select(cluster.StartSilo));
        cluster._nodes.AddRange(await Task.WhenAll(cluster._deployment.StartApi(1), cluster._deployment.StartApi(2)));
        var key = await cluster._nodes[0].NewKey();
        cluster._clients.AddRange(cluster._nodes.Select(node => node.WithKey(key)));
        return cluster;
    }

    public async Task StartSilo(int number)
    {
        var silo = await _deployment.StartSilo(number);
        lock (_silos)
        {
            _silos[number] = silo;
        }
    }

    public async Task KillSilo(int number)
    {
        _silos.Remove(number, out var silo);
        await silo!.Kill();
    }

    /// <summary>SIGTERM: it hands its numbers over, and ends.</summary>
    public async Task DrainSilo(int number)
    {
        _silos.Remove(number, out var silo);
        await silo!.Stop(TimeSpan.FromMinutes(10));
    }

    /// <summary>How many numbers each silo has at work, by what they show; silos in the order of the cluster's own view.</summary>
    public async Task<IReadOnlyList<IReadOnlyDictionary<string, int>>> Numbers()
    {
        var view = (await _nodes[0].Http.GetFromJsonAsync<JsonObject>("/api/app/cluster"))!;
        return
        [
            .. view["silos"]!.AsArray().Select(silo =>
                silo!["numbers"]!.AsObject().ToDictionary(status => status.Key, status => status.Value!.GetValue<int>())),
        ];
    }

    /// <summary>Waits until as many numbers as these are ready in the silos that are there; how long that took.</summary>
    public Task<TimeSpan> Ready(int count, TimeSpan patience) => Until(
        async () => await Numbers() is var silos && silos.Count == _silos.Count && silos.Sum(silo => silo.GetValueOrDefault("ready")) >= count,
        $"{count} ready numbers", patience);

    /// <summary>How many messages all numbers together were given today.</summary>
    public async Task<int> Received()
    {
        var received = 0;
        string? cursor = null;
        do
        {
            var page = await Get($"/api/v1/numbers?limit=200{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}");
            received += page["data"]!.AsArray().Sum(number => number!["counters"]!["receivedToday"]!.GetValue<int>());
            cursor = page["nextCursor"]?.GetValue<string>();
        }
        while (cursor is not null);

        return received;
    }

    public async Task<string> CreateNumber(string label, string engine) =>
        (await Post("/api/v1/numbers", new { label, engine }))["id"]!.GetValue<string>();

    public async Task<JsonObject> Get(string path) => (await Client.GetFromJsonAsync<JsonObject>(path))!;

    public async Task<JsonObject> Post(string path, object body)
    {
        using var answer = await Client.PostAsJsonAsync(path, body);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonObject>())!;
    }

    /// <summary>Asks until it is so; an API node that just lost its silo, and says so, is asked again.</summary>
    public static async Task<TimeSpan> Until(Func<Task<bool>> isSo, string what, TimeSpan patience)
    {
        var before = Stopwatch.GetTimestamp();
        while (!await Ask(isSo))
        {
            if (Stopwatch.GetElapsedTime(before) > patience)
            {
                throw new TimeoutException($"Waited {patience} for {what}.");
            }

            await Pause.For(TimeSpan.FromMilliseconds(250));
        }

        return Stopwatch.GetElapsedTime(before);
    }

    public ValueTask DisposeAsync() => _deployment.DisposeAsync();

    private static async Task<bool> Ask(Func<Task<bool>> isSo)
    {
        try
        {
            return await isSo();
        }
        catch (HttpRequestException refused) when (refused.StatusCode is HttpStatusCode.ServiceUnavailable)
        {
            return false;
        }
    }
}
