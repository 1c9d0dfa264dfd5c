using Loopwave.Chaos.Cluster;

namespace Loopwave.Chaos.Faults;

/// <summary>The process is gone from one moment to the next. Its engine hosts find out and close their connections.</summary>
/// <param name="length">How long it stays away; null until its numbers are back elsewhere.</param>
internal sealed class KillSilo(int silo, TimeSpan? length = null) : IFault
{
    public string Id => "F1";

    public string Name => $"SIGKILL of silo {silo}";

    public IReadOnlyList<int> Struck => [silo];

    public TimeSpan? Length => length;

    // In the sandbox a connection ends in the record with a word of its silo.
    public bool CutsOff(EngineKind network) => network is EngineKind.Sandbox;

    public Task Strike(ChaosCluster cluster) => cluster.Silo(silo).Kill();

    public Task Heal(ChaosCluster cluster) => cluster.StartSilo(silo);
}

/// <summary>
/// The silo stands still without knowing, with its engine hosts or without them. When it goes on it finds out whether the others
/// have declared it dead; then it ends itself, and whoever runs it starts it again.
/// </summary>
internal sealed class FreezeSilo(int silo, TimeSpan length, bool withHosts) : IFault
{
    // Nobody declares a silo dead sooner; after a shorter pause it goes on.
    private static readonly TimeSpan Noticed = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FindsOutWithin = TimeSpan.FromSeconds(25);

    public string Id => "F2";

    public string Name => $"SIGSTOP of silo {silo}{(withHosts ? " and its engine hosts" : "")} for {length.TotalSeconds:0} s";

    public IReadOnlyList<int> Struck => [silo];

    public TimeSpan? Length => length;

    // A host that stands still leaves its connections open. One that goes on closes them when it hears nothing of its silo.
    public bool CutsOff(EngineKind network) => network is EngineKind.Sandbox || withHosts;

    public bool EndsOnceTaken => true;

    public Task Strike(ChaosCluster cluster)
    {
        if (withHosts)
        {
            cluster.Silo(silo).PauseAll();
        }
        else
        {
            cluster.Silo(silo).Pause();
        }

        return Task.CompletedTask;
    }

    public async Task Heal(ChaosCluster cluster)
    {
        if (withHosts)
        {
            cluster.Silo(silo).ContinueAll();
        }
        else
        {
            cluster.Silo(silo).Continue();
        }

        if (length > Noticed)
        {
            await cluster.StartSiloIfEnded(silo, FindsOutWithin);
        }
    }
}

/// <summary>SIGTERM: the silo hands its numbers over, ends, and is started again.</summary>
internal sealed class StopSilo(int silo) : IFault
{
    public string Id => "F20";

    public string Name => $"SIGTERM of silo {silo}";

    public IReadOnlyList<int> Struck => [silo];

    public TimeSpan? Length => null;

    public Task Strike(ChaosCluster cluster) => cluster.StopSilo(silo);

    public Task Heal(ChaosCluster cluster) => cluster.StartSilo(silo);
}

/// <summary>All engine hosts of a silo are gone; the silo starts others.</summary>
internal sealed class KillHosts(int silo) : IFault
{
    public string Id => "F1";

    public string Name => $"SIGKILL of the engine hosts of silo {silo}";

    public TimeSpan? Length => TimeSpan.FromSeconds(10);

    public Task Strike(ChaosCluster cluster)
    {
        foreach (var host in cluster.Silo(silo).Children())
        {
            Loopwave.Processes.LoopwaveProcess.KillOther(host);
        }

        return Task.CompletedTask;
    }
}
