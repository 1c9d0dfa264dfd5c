namespace Loopwave.Bench;

/// <summary>What a long queue costs: accepting into it, and draining it once the number is back.</summary>
internal static class QueueBench
{
    public static async Task Run(Report report)
    {
        await using var deployment = await Deployment.Start(("Sandbox__Echo", "false"), ("Numbers__QueueCapacity", "100000"));
        var number = (await deployment.Numbers(1))[0];
        foreach (var depth in new[] { 1_000, 10_000, 30_000 })
        {
            await Sandbox.Faults(deployment, number, new { refuseOpens = 403 });
            await Sandbox.Disconnect(deployment, number, 403);
            await Sandbox.Status(deployment, number, "disconnected");
            var (accepted, _, took) = await Queued.Fill(deployment.Client, number, depth);
            await Sandbox.Faults(deployment, number, new { });
            await deployment.Client.PostAsync($"/api/v1/numbers/{number}/reconnect", null);
            var drained = await Queued.Drain(deployment, number);
            report.Add($"Queue of {depth}: accepted into it, then drained", $"{accepted / took.TotalSeconds:F0}/s in, {accepted / drained.TotalSeconds:F0}/s out");
        }
    }
}
