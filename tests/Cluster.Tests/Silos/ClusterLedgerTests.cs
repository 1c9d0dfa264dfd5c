using Loopwave.Processes;
using Xunit;

namespace Loopwave.Cluster;

/// <summary>
/// What happens to messages while silos, API nodes and the database come and go: the network's own ledger is checked as for one
/// machine, over two API nodes that are asked in turn.
/// </summary>
public sealed class ClusterLedgerTests(ITestOutputHelper output)
{
    private static readonly LedgerPlan Small = new(1, 2, Numbers: 10, ChatsPerNumber: 5, Messages: 400, Inbound: 200);

    [Fact]
    public Task Silos_that_are_killed_lose_and_double_nothing() => Play(new KillSilo(1), new KillSilo(2));

    [Fact]
    public Task Silos_that_are_restarted_one_after_the_other_lose_and_double_nothing() => Play(new RestartSilo(1), new RestartSilo(2));

    [Fact]
    public Task A_silo_that_stands_still_until_it_is_declared_dead_loses_and_doubles_nothing() =>
        Play(Small with { Disturbances = 1 }, new FreezeSilo(1, TimeSpan.FromSeconds(30)));

    [Fact]
    public Task An_api_node_and_the_database_that_are_killed_lose_and_double_nothing() => Play(new KillApi(1), new KillPostgres());

    private Task Play(params IReadOnlyList<IClusterDisturbance> disturbances) => Play(Small, disturbances);

    private async Task Play(LedgerPlan plan, params IReadOnlyList<IClusterDisturbance> disturbances)
    {
        await using var deployment = await ClusterDeployment.Create();
        deployment.Settings["Sandbox__Echo"] = "false";
        deployment.Settings["Sandbox__LinkDelay"] = "00:00:00";
        deployment.Settings["Sandbox__HistoryChats"] = "0";
        await new LedgerRun(plan, new ClusterTarget(deployment, disturbances), output.WriteLine).Play();
    }
}
