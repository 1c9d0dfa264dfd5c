using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Loopwave.Processes;

namespace Loopwave.Bench;

/// <summary>The product with real engine hosts, against the WhatsApp server for tests, and numbers that are linked to its phones.</summary>
internal sealed class EngineDeployment : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly LoopwaveDeployment _deployment = new();
    private readonly List<(string Id, string Phone)> _numbers = [];
    private EmulatorProcess _network = null!;
    private HttpClient _client = null!;

    public LoopwaveProcess Process { get; private set; } = null!;

    /// <summary>The numbers in order of creation, with their phones.</summary>
    public IReadOnlyList<(string Id, string Phone)> Numbers => _numbers;

    /// <summary>The processes that carry the numbers.</summary>
    public IReadOnlyList<ProcessReading> Hosts => [.. Process.Children().Select(id => new ProcessReading(id)).Where(one => one.IsNode)];

    public static async Task<EngineDeployment> Start()
    {
        var deployment = new EngineDeployment { _network = await EmulatorProcess.Start() };
        var settings = deployment._deployment.Settings;
        settings["NODE_OPTIONS"] = deployment._network.NodeOptions;
        settings["NODE_EXTRA_CA_CERTS"] = deployment._network.Certificates;
        settings["WA_SOCKET_URL"] = deployment._network.Url;
        settings["Api__RequestsPerMinute"] = "10000000";
        settings["Numbers__ShortestGap"] = settings["Numbers__LongestGap"] = "00:00:00";
        await deployment.StartProduct();
        return deployment;
    }

    public async Task StartProduct()
    {
        Process = await _deployment.Start();
        _client = await Process.ApiClient();
    }

    public Task StopProduct() => Process.Stop();

    /// <summary>Links numbers until there are so many.</summary>
    public async Task Link(int count)
    {
        var before = Stopwatch.GetTimestamp();
        while (_numbers.Count < count)
        {
            var phone = $"9197{_numbers.Count:D8}";
            await _network.Person(phone, "Shop");
            var id = Text((await Post("/api/v1/numbers", new { label = $"Line {_numbers.Count}", engine = "whatsapp" }))["id"]);
            await Post($"/api/v1/numbers/{id}/link", new { method = "qr" });
            var qr = "";
            await Until(async () => (qr = Text((await Get($"/api/v1/numbers/{id}/link"))["qr"])).Length > 0, "a code to scan");
            await _network.Scan(phone, qr);
            await Until(async () => Text((await Get($"/api/v1/numbers/{id}"))["status"]) == "ready", "a linked number");
            _numbers.Add((id, phone));
            if (_numbers.Count % 50 == 0)
            {
                Console.Error.WriteLine($"  {_numbers.Count} numbers linked after {Stopwatch.GetElapsedTime(before).TotalSeconds:F0} s");
            }
        }
    }

    /// <summary>From now on just the first so many are wanted started.</summary>
    public async Task Want(int count)
    {
        for (var i = 0; i < _numbers.Count; i++)
        {
            using var answer = await _client.PutAsJsonAsync(
                $"/api/v1/numbers/{_numbers[i].Id}/desired", new { state = i < count ? "started" : "stopped" });
            answer.EnsureSuccessStatusCode();
        }
    }

    /// <summary>Waits until so many are ready, each since <paramref name="after"/> or later.</summary>
    public Task Ready(int count, DateTimeOffset after = default) => Until(
        async () => (await All()).Count(number => Text(number["status"]) == "ready" && number["since"]!.GetValue<DateTimeOffset>() >= after) == count,
        $"{count} ready numbers");

    public Task DropAll() => _network.DropAll();

    public Task<string> Send(int from, int to, string text) => Send(from, _numbers[to].Phone, text);

    public async Task<string> Send(int from, string to, string text) =>
        Text((await Post("/api/v1/messages", new { from = _numbers[from].Id, to, text }))["id"]);

    /// <summary>Somebody with nothing but a phone, who is no number here.</summary>
    public async Task<string> Person()
    {
        const string phone = "919800000000";
        await _network.Person(phone, "Customer");
        return phone;
    }

    public Task<JsonObject> Message(string id) => Get($"/api/v1/messages/{id}");

    /// <summary>How many messages the numbers were given today, and whether any has something left to send.</summary>
    public async Task<(int Received, bool Waits)> Traffic()
    {
        var counters = (await All()).Select(number => number["counters"]!).ToList();
        return (counters.Sum(one => one["receivedToday"]!.GetValue<int>()), counters.Any(one => one["queued"]!.GetValue<int>() > 0));
    }

    public static async Task Until(Func<Task<bool>> isSo, string what)
    {
        var before = Stopwatch.GetTimestamp();
        while (!await isSo())
        {
            if (Stopwatch.GetElapsedTime(before) > Patience)
            {
                throw new TimeoutException($"Waited {Patience.TotalMinutes} minutes for {what}.");
            }

            await Pause.For(TimeSpan.FromMilliseconds(500));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _deployment.DisposeAsync();
        await _network.DisposeAsync();
    }

    private async Task<List<JsonNode>> All()
    {
        var all = new List<JsonNode>();
        string? cursor = null;
        do
        {
            var page = await Get($"/api/v1/numbers?limit=200{(cursor is null ? "" : "&cursor=" + Uri.EscapeDataString(cursor))}");
            all.AddRange(page["data"]!.AsArray().Select(number => number!));
            cursor = page["nextCursor"]?.GetValue<string>();
        }
        while (cursor is not null);

        return all;
    }

    private async Task<JsonObject> Get(string path) => (await _client.GetFromJsonAsync<JsonObject>(path))!;

    private async Task<JsonObject> Post(string path, object body)
    {
        using var answer = await _client.PostAsJsonAsync(path, body);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonObject>())!;
    }

    private static string Text(JsonNode? node) => node?.GetValue<string>() ?? "";
}
