using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Loopwave.Processes;

namespace Loopwave.Bench;

/// <summary>The product as one real process, with what the scenarios ask of it.</summary>
internal sealed class Deployment : IAsyncDisposable
{
    private readonly LoopwaveDeployment _deployment = new();

    public LoopwaveProcess Process { get; private set; } = null!;

    public HttpClient Client { get; private set; } = null!;

    public static async Task<Deployment> Start(params (string Name, string Value)[] settings)
    {
        var deployment = new Deployment();
        deployment._deployment.Settings["Api__RequestsPerMinute"] = "10000000";
        foreach (var (name, value) in settings)
        {
            deployment._deployment.Settings[name] = value;
        }

        await deployment.Start();
        return deployment;
    }

    public async Task<TimeSpan> Start()
    {
        var before = Stopwatch.GetTimestamp();
        Process = await _deployment.Start();
        var took = Stopwatch.GetElapsedTime(before);
        Client = await Process.ApiClient();
        return took;
    }

    public Task Kill() => Process.Kill();

    public Task Stop() => Process.Stop();

    /// <summary>Sandbox numbers that are ready.</summary>
    public async Task<List<string>> Numbers(int count)
    {
        var ids = new List<string>();
        for (var i = 0; i < count; i++)
        {
            ids.Add(await CreateNumber($"bench {i}"));
        }

        await Ready(count, TimeSpan.FromMinutes(2));
        return ids;
    }

    public async Task<string> CreateNumber(string label)
    {
        var answer = await Client.PostAsJsonAsync("/api/v1/numbers", new { label, engine = "sandbox" });
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonObject>())!["id"]!.GetValue<string>();
    }

    /// <summary>Waits until so many numbers are ready; how long that took.</summary>
    public async Task<TimeSpan> Ready(int count, TimeSpan patience)
    {
        var before = Stopwatch.GetTimestamp();
        while (await CountReady(count) < count)
        {
            if (Stopwatch.GetElapsedTime(before) > patience)
            {
                throw new TimeoutException($"{count} numbers were not ready after {patience}.");
            }

            await Pause.For(TimeSpan.FromMilliseconds(100));
        }

        return Stopwatch.GetElapsedTime(before);
    }

    public async Task<JsonObject> Number(string id) => (await Client.GetFromJsonAsync<JsonObject>($"/api/v1/numbers/{id}"))!;

    public long ResidentBytes => ReadStatus("VmRSS:") * 1024;

    public TimeSpan CpuTime
    {
        get
        {
            using var process = System.Diagnostics.Process.GetProcessById(Process.Id);
            return process.TotalProcessorTime;
        }
    }

    public ValueTask DisposeAsync() => _deployment.DisposeAsync();

    private async Task<int> CountReady(int enough)
    {
        var ready = 0;
        string? cursor = null;
        do
        {
            var page = (await Client.GetFromJsonAsync<JsonObject>($"/api/v1/numbers?status=ready&limit=200{(cursor is null ? "" : "&cursor=" + Uri.EscapeDataString(cursor))}"))!;
            ready += page["data"]!.AsArray().Count;
            cursor = page["nextCursor"]?.GetValue<string>();
        }
        while (cursor is not null && ready < enough);

        return ready;
    }

    private long ReadStatus(string name)
    {
        var line = File.ReadLines($"/proc/{Process.Id}/status").First(one => one.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line[name.Length..].Replace("kB", "").Trim(), System.Globalization.CultureInfo.InvariantCulture);
    }
}

/// <summary>The generator keeps real time; nothing here is a test.</summary>
internal static class Pause
{
    public static Task For(TimeSpan time) => Task.Delay(time, TimeProvider.System);
}
