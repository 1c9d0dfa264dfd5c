using Loopwave.Processes;
using Xunit;

namespace Loopwave.Cluster;

public sealed class CrashTests(ITestOutputHelper output)
{
    /// <summary>The whole run is <c>scripts/crash</c>: seeds 1 to 5 with ten kills each.</summary>
    [Fact]
    public async Task Killed_at_random_moments_nothing_accepted_is_lost_and_nothing_is_sent_twice()
    {
        var seeds = Environment.GetEnvironmentVariable("LOOPWAVE_CRASH_SEEDS")?.Split(',').Select(int.Parse).ToArray() ?? [1];
        var kills = int.Parse(Environment.GetEnvironmentVariable("LOOPWAVE_CRASH_KILLS") ?? "3");
        foreach (var seed in seeds)
        {
            await using var deployment = new LoopwaveDeployment();
            deployment.Settings["Sandbox__Echo"] = "false";
            deployment.Settings["Sandbox__LinkDelay"] = "00:00:00";
            deployment.Settings["Sandbox__HistoryChats"] = "0";
            deployment.Settings["Api__RequestsPerMinute"] = "10000000";
            await new CrashRun(new CrashPlan(seed, kills, Numbers: 20, ChatsPerNumber: 10, Messages: 2_000, Inbound: 1_000), deployment, output.WriteLine).Play();
        }
    }
}
