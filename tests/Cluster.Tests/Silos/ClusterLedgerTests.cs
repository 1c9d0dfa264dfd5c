using Loopwave.Processes;
using Xunit;

namespace Loopwave.Cluster;

/// <summary>
/// What happens to messages while silos, API nodes and the database come and go: the network's own ledger is checked as for one
/// machine, over two API nodes that are asked in turn.
/// </summary>
public sealed class ClusterLedgerTests(ITestOutputHelper output)
{
    private static readonly LedgerPlan Small = new(1, 1, Numbers: 10, ChatsPerNumber: 5, Messages: 400, Inbound: 200);

    [Fact]
    public Task Killed_and_restarted_silos_nodes_and_database_lose_and_double_nothing() =>
        Play(Small with { Disturbances = 4 }, new KillSilo(1), new RestartSilo(2), new KillApi(1), new KillPostgres());

    [Fact]
    public Task A_silo_that_stands_still_until_it_is_declared_dead_loses_and_doubles_nothing() =>
        Play(Small, new FreezeSilo(1, TimeSpan.FromSeconds(30)));

    private async Task Play(LedgerPlan plan, params IReadOnlyList<IClusterDisturbance> disturbances)
    {
        await using var deployment = await ClusterDeployment.Create();
        deployment.Settings["Sandbox__Echo"] = "false";
        deployment.Settings["Sandbox__LinkDelay"] = "00:00:00";
        deployment.Settings["Sandbox__HistoryChats"] = "0";
        await new LedgerRun(plan, new ClusterTarget(deployment, disturbances), output.WriteLine).Play();
    }
}
