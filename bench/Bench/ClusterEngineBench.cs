using System.Diagnostics;
using System.Text.Json.Nodes;
using Loopwave.Processes;

namespace Loopwave.Bench;

/// <summary>Real numbers on two silos: the engine hosts with the unmodified protocol library, against the WhatsApp server for tests.</summary>
internal static class ClusterEngineBench
{
    private const int LinkedAtOnce = 4;
    private const int Messages = 2_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Watching = TimeSpan.FromSeconds(60);

    public static async Task Run(Report report, int count)
    {
        await using var network = await EmulatorProcess.Start();
        await using var cluster = await BenchCluster.Start(
            2,
            ("NODE_OPTIONS", network.NodeOptions),
            ("NODE_EXTRA_CA_CERTS", network.Certificates),
            ("WA_SOCKET_URL", network.Url),
            ("Numbers__ShortestGap", "00:00:00"),
            ("Numbers__LongestGap", "00:00:00"));
        var numbers = await LinkAll(cluster, network, count);
        var spread = (await cluster.Numbers()).Select(silo => silo.Values.Sum()).ToList();
        await Idle(report, cluster, count, spread);
        await Exchange(report, cluster, numbers);

        var before = Stopwatch.GetTimestamp();
        await cluster.KillSilo(1);
        await cluster.Ready(count, Patience);
        report.Add(
            $"SIGKILL of one of two silos, {spread.Min()} to {spread.Max()} of {count} real numbers each: all ready again",
            $"{Stopwatch.GetElapsedTime(before).TotalSeconds:F1} s (connect budget 10/s)");
    }

    private static async Task<IReadOnlyList<(string Id, string Phone)>> LinkAll(BenchCluster cluster, EmulatorProcess network, int count)
    {
        var numbers = new (string Id, string Phone)[count];
        var next = -1;
        var before = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, LinkedAtOnce).Select(async _ =>
        {
            for (var i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next))
            {
                numbers[i] = await Link(cluster, network, i);
                if ((i + 1) % 50 == 0)
                {
                    Console.Error.WriteLine($"  {i + 1} numbers linked after {Stopwatch.GetElapsedTime(before).TotalSeconds:F0} s");
                }
            }
        }));
        await cluster.Ready(count, Patience);
        return numbers;
    }

    private static async Task<(string Id, string Phone)> Link(BenchCluster cluster, EmulatorProcess network, int i)
    {
        var phone = $"9197{i:D8}";
        await network.Person(phone, "Shop");
        var id = await cluster.CreateNumber($"Line {i}", "whatsapp");
        await cluster.Post($"/api/v1/numbers/{id}/link", new { method = "qr" });
        var qr = "";
        await BenchCluster.Until(async () => (qr = Text((await cluster.Get($"/api/v1/numbers/{id}/link"))["qr"])).Length > 0, "a code to scan", Patience);
        await network.Scan(phone, qr);
        await BenchCluster.Until(async () => Text((await cluster.Get($"/api/v1/numbers/{id}"))["status"]) == "ready", "a linked number", Patience);
        return (id, phone);
    }

    private static async Task Idle(Report report, BenchCluster cluster, int count, List<int> spread)
    {
        await Pause.For(Watching / 2);
        var (hosts, silos) = (Cpu(cluster.EngineHosts), Cpu(cluster.Silos));
        await Pause.For(Watching);
        report.Add(
            $"{count} real numbers idle on two silos ({string.Join(" and ", spread)}), {cluster.EngineHosts.Count()} engine hosts",
            $"hosts {cluster.EngineHosts.Sum(host => host.ResidentBytes) >> 20} MiB, {(Cpu(cluster.EngineHosts) - hosts) / Watching * 100:F1} % of a core; silos {cluster.Silos.Sum(silo => silo.ResidentBytes) >> 20} MiB, {(Cpu(cluster.Silos) - silos) / Watching * 100:F1} %");
    }

    // Every number writes to the next one: sent and received, decrypted and receipted, in our hosts.
    private static async Task Exchange(Report report, BenchCluster cluster, IReadOnlyList<(string Id, string Phone)> numbers)
    {
        for (var i = 0; i < numbers.Count; i++)
        {
            // The first one to somebody new makes a session, which is another cost.
            await Send(cluster, numbers, i, "hello");
        }

        await AllReceived(cluster, numbers.Count);
        var (hosts, silos) = (Cpu(cluster.EngineHosts), Cpu(cluster.Silos));
        var next = -1;
        var before = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
        {
            for (var i = Interlocked.Increment(ref next); i < Messages; i = Interlocked.Increment(ref next))
            {
                await Send(cluster, numbers, i, $"message {i} of the bench");
            }
        }));
        await AllReceived(cluster, numbers.Count + Messages);
        report.Add(
            $"{numbers.Count} real numbers on two silos writing to each other, without pacing",
            $"{Messages / Stopwatch.GetElapsedTime(before).TotalSeconds:F0} messages/s sent and received; {(Cpu(cluster.EngineHosts) - hosts).TotalMilliseconds / Messages:F1} ms of a core each in engine hosts, {(Cpu(cluster.Silos) - silos).TotalMilliseconds / Messages:F1} ms in the silos");
    }

    private static Task<JsonObject> Send(BenchCluster cluster, IReadOnlyList<(string Id, string Phone)> numbers, int i, string text) =>
        cluster.Post("/api/v1/messages", new { from = numbers[i % numbers.Count].Id, to = numbers[(i + 1) % numbers.Count].Phone, text });

    private static Task AllReceived(BenchCluster cluster, int count) => BenchCluster.Until(
        async () => await cluster.Received() >= count, $"{count} received messages", Patience);

    private static TimeSpan Cpu(IEnumerable<ProcessReading> processes) => new(processes.Sum(process => process.CpuTime.Ticks));

    private static string Text(JsonNode? node) => node?.GetValue<string>() ?? "";
}
