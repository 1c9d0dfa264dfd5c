using Loopwave.Chaos.Cluster;

namespace Loopwave.Chaos.Faults;

/// <summary>The database server and everything it had in memory is gone, and starts again after a while.</summary>
internal sealed class KillPostgres(TimeSpan length) : IFault
{
    public string Id => "F11";

    public string Name => $"SIGKILL of PostgreSQL for {length.TotalSeconds:0} s";

    public TimeSpan? Length => length;

    public bool TakesStorage => true;

    // The ends of the sandbox's connections are written there.
    public bool CutsOff(EngineKind network) => network is EngineKind.Sandbox;

    public Task Strike(ChaosCluster cluster) => cluster.Postgres.Kill();

    public Task Heal(ChaosCluster cluster) => cluster.Postgres.Go();
}

/// <summary>The database server neither answers nor refuses.</summary>
internal sealed class FreezePostgres(TimeSpan length) : IFault
{
    public string Id => "F12";

    public string Name => $"SIGSTOP of PostgreSQL for {length.TotalSeconds:0} s";

    public TimeSpan? Length => length;

    public bool TakesStorage => true;

    public bool CutsOff(EngineKind network) => network is EngineKind.Sandbox;

    public Task Strike(ChaosCluster cluster)
    {
        cluster.Postgres.Freeze(true);
        return Task.CompletedTask;
    }

    public Task Heal(ChaosCluster cluster)
    {
        cluster.Postgres.Freeze(false);
        return Task.CompletedTask;
    }
}

/// <summary>The database server takes no writes, as one that has become a standby.</summary>
internal sealed class ReadOnlyPostgres(TimeSpan length) : IFault
{
    public string Id => "F13";

    public string Name => $"PostgreSQL read-only for {length.TotalSeconds:0} s";

    public TimeSpan? Length => length;

    public bool TakesStorage => true;

    public bool CutsOff(EngineKind network) => network is EngineKind.Sandbox;

    public Task Strike(ChaosCluster cluster) => Set(cluster, "on");

    public Task Heal(ChaosCluster cluster) => Set(cluster, "off");

    private static async Task Set(ChaosCluster cluster, string value)
    {
        await cluster.Postgres.Execute($"ALTER SYSTEM SET default_transaction_read_only = {value}");
        await cluster.Postgres.Execute("SELECT pg_reload_conf()");
    }
}

/// <summary>Everything that a silo says to the database, and hears from it, is late.</summary>
internal sealed class SlowDatabase(int silo, TimeSpan length) : IFault
{
    public string Id => "F6";

    public string Name => $"a slow way from silo {silo} to the database for {length.TotalSeconds:0} s";

    public TimeSpan? Length => length;

    public Task Strike(ChaosCluster cluster)
    {
        cluster.ToDatabase(silo).Set(new() { Latency = TimeSpan.FromMilliseconds(40), Jitter = TimeSpan.FromMilliseconds(20) });
        return Task.CompletedTask;
    }

    public Task Heal(ChaosCluster cluster)
    {
        cluster.ToDatabase(silo).Heal();
        return Task.CompletedTask;
    }
}

/// <summary>Nothing passes between a silo and the database, and neither is told.</summary>
internal sealed class DeafDatabase(int silo, TimeSpan length) : IFault
{
    public string Id => "F12";

    public string Name => $"a black hole between silo {silo} and the database for {length.TotalSeconds:0} s";

    public TimeSpan? Length => length;

    public bool CutsOff(EngineKind network) => network is EngineKind.Sandbox;

    public IReadOnlyList<int> Struck => [silo];

    public Task Strike(ChaosCluster cluster)
    {
        cluster.ToDatabase(silo).Set(new() { BlackHole = true });
        return Task.CompletedTask;
    }

    public Task Heal(ChaosCluster cluster)
    {
        cluster.ToDatabase(silo).Heal();
        return LoneSilo.StartIfEnded(cluster, silo, length);
    }
}

/// <summary>A silo that alone has no way to the database.</summary>
internal static class LoneSilo
{
    // Its last renewal may be 5 seconds old when the way goes; from then on ten without a lease, and twenty alone. A renewal that is under way when the way is back may
    // still fail some seconds later.
    private static readonly TimeSpan EndsAfter = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan FindsOutWithin = TimeSpan.FromSeconds(10);

    /// <summary>Now that the way is back: a silo that was without it for so long that it ends itself is started again.</summary>
    public static Task StartIfEnded(ChaosCluster cluster, int silo, TimeSpan without) =>
        without < EndsAfter ? Task.CompletedTask : cluster.StartSiloIfEnded(silo, FindsOutWithin);
}
