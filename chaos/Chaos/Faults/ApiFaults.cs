using Loopwave.Chaos.Cluster;

namespace Loopwave.Chaos.Faults;

/// <summary>An API node is gone from one moment to the next, and starts again.</summary>
internal sealed class KillApi(int node) : IFault
{
    public string Id => "F1";

    public string Name => $"SIGKILL of API node {node}";

    public TimeSpan? Length => TimeSpan.Zero;

    public Task Strike(ChaosCluster cluster) => cluster.RestartApi(node, answers: false, api => api.Kill());
}

/// <summary>SIGTERM: an API node answers what it was asked, ends, and is started again.</summary>
internal sealed class StopApi(int node) : IFault
{
    public string Id => "F20";

    public string Name => $"SIGTERM of API node {node}";

    public TimeSpan? Length => TimeSpan.Zero;

    public Task Strike(ChaosCluster cluster) => cluster.RestartApi(node, answers: true, async api =>
    {
        if (await api.Stop() is not 0 and var code)
        {
            cluster.Attendance.Complain($"API node {node} was asked to stop, and ended with code {code}");
        }
    });
}
