namespace Loopwave.Bench;

/// <summary>Durable accepts over REST.</summary>
internal static class SendBench
{
    public static async Task Run(Report report)
    {
        await using var deployment = await Deployment.Start(("Sandbox__Echo", "false"), ("Numbers__QueueCapacity", "100000"));
        var numbers = await deployment.Numbers(20);
        await Load.Closed(deployment.Client, numbers, 16, 2_000);

        foreach (var callers in new[] { 1, 16, 64, 128 })
        {
            var (accepted, refused, took) = await Load.Closed(deployment.Client, numbers, callers, callers == 1 ? 1_000 : 20_000);
            report.Add($"Sends accepted over REST, durable, {callers} callers at once", $"{accepted / took.TotalSeconds:F0}/s ({refused} refused)", callers == 64 ? "≥ 3,000/s" : "");
        }

        var (latencies, late) = await Load.Open(deployment.Client, numbers, 500, TimeSpan.FromSeconds(20));
        report.Add(
            "Accept latency at 500 sends/s, open loop",
            $"p50 {Load.Percentile(latencies, 50):F1} ms, p95 {Load.Percentile(latencies, 95):F1} ms, p99 {Load.Percentile(latencies, 99):F1} ms ({late} refused)",
            "p99 ≤ 50 ms");
    }
}
