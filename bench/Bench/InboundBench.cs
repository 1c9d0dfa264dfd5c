using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Loopwave.Bench;

/// <summary>From the network to storage: how many messages a second, and how long one takes.</summary>
internal static class InboundBench
{
    private const int Numbers = 20;

    public static async Task Run(Report report)
    {
        await using var deployment = await Deployment.Start();
        var numbers = await deployment.Numbers(Numbers);

        await Traffic(deployment, numbers, perSecond: 300, seconds: 10);
        var latencies = new List<TimeSpan>();
        foreach (var number in numbers)
        {
            latencies.AddRange(await Sandbox.InboundLatencies(deployment, number));
        }

        latencies.Sort();
        report.Add(
            "Inbound at 300/s: written by the customer to stored and acknowledged",
            $"p50 {Load.Percentile(latencies, 50):F1} ms, p95 {Load.Percentile(latencies, 95):F1} ms", "p95 ≤ 250 ms (with the webhook)");

        foreach (var rate in new[] { 1_500, 3_000 })
        {
            var (stored, took) = await Traffic(deployment, numbers, rate, seconds: 10);
            report.Add($"Inbound offered at {rate}/s: stored", $"{stored / took.TotalSeconds:F0}/s", rate == 1_500 ? "≥ 1,500/s" : "");
        }
    }

    // Customers write for some seconds; then everything they wrote is waited for.
    private static async Task<(int Stored, TimeSpan Took)> Traffic(Deployment deployment, List<string> numbers, int perSecond, int seconds)
    {
        var before = await Received(deployment, numbers);
        var begin = Stopwatch.GetTimestamp();
        foreach (var number in numbers)
        {
            await Sandbox.Traffic(deployment, number, chats: 100, perSecond: (double)perSecond / numbers.Count, seconds);
        }

        var expected = perSecond * seconds;
        var stored = 0;
        while (stored < expected * 0.99 && Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(seconds * 4))
        {
            await Pause.For(TimeSpan.FromMilliseconds(200));
            stored = await Received(deployment, numbers) - before;
        }

        return (stored, Stopwatch.GetElapsedTime(begin));
    }

    private static async Task<int> Received(Deployment deployment, List<string> numbers)
    {
        var received = 0;
        foreach (var number in numbers)
        {
            JsonObject view = await deployment.Number(number);
            received += view["counters"]!["receivedToday"]!.GetValue<int>();
        }

        return received;
    }
}
