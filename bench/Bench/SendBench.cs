namespace Loopwave.Bench;

/// <summary>
/// Durable accepts over REST. Numbers that send about once a second, as WhatsApp ones do, show what accepting costs;
/// numbers that send as fast as it goes show a message's whole way, which every accepted one then takes at once.
/// </summary>
internal static class SendBench
{
    private const int Numbers = 20;
    private const int Messages = 20_000;

    public static async Task Accepting(Report report)
    {
        await using var paced = await Start("00:00:01");
        await Closed(report, paced, "paced", [1, 16, 64, 128], target: "≥ 3,000/s");
    }

    public static async Task WholeWay(Report report)
    {
        await using var unpaced = await Start("00:00:00");
        await Closed(report, unpaced, "sent on at once", [64], target: "");
        var numbers = unpaced.Ids;
        var (latencies, late) = await Load.Open(unpaced.Product.Client, numbers, 500, TimeSpan.FromSeconds(20));
        report.Add(
            "Accept latency at 500 sends/s, open loop, sent on at once",
            $"p50 {Load.Percentile(latencies, 50):F1} ms, p95 {Load.Percentile(latencies, 95):F1} ms, p99 {Load.Percentile(latencies, 99):F1} ms ({late} refused)",
            "p99 ≤ 50 ms");
    }

    private static async Task<Setting> Start(string gap)
    {
        var product = await Deployment.Start(("Sandbox__Echo", "false"), ("Numbers__QueueCapacity", "100000"), ("Numbers__SandboxGap", gap));
        var ids = await product.Numbers(Numbers);
        
        // Until the code that runs is the code that the runtime ends up with.
        await Load.Closed(product.Client, ids, 64, Messages);
        return new Setting(product, ids);
    }

    private static async Task Closed(Report report, Setting setting, string pace, int[] callers, string target)
    {
        foreach (var count in callers)
        {
            var cpu = setting.Product.CpuTime;
            var (accepted, refused, took) = await Load.Closed(setting.Product.Client, setting.Ids, count, count == 1 ? 1_000 : Messages);
            var each = (setting.Product.CpuTime - cpu).TotalMilliseconds / accepted;
            report.Add(
                $"Sends accepted over REST, durable, {pace}, {count} callers at once",
                $"{accepted / took.TotalSeconds:F0}/s, {each:F2} ms of a core each ({refused} refused)",
                count == 64 ? target : "");
        }
    }

    private sealed record Setting(Deployment Product, IReadOnlyList<string> Ids) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Product.DisposeAsync();
    }
}
