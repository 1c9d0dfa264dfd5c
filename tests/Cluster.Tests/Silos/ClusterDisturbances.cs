using Loopwave.Processes;

namespace Loopwave.Cluster;

/// <summary>The processes that a disturbance can do something to.</summary>
internal interface IClusterProcesses
{
    ClusterDeployment Deployment { get; }

    LoopwaveProcess Silo(int number);

    Task StartSilo(int number);

    /// <summary>SIGKILL, and a start.</summary>
    Task KillAndStartApi(int number);
}

/// <summary>Something bad, or a person, that happens to a running cluster; returns when all its processes are there again.</summary>
internal interface IClusterDisturbance
{
    string Name { get; }

    /// <summary>Whether a silo, by its number, cannot say any more how the connections of its numbers ended.</summary>
    bool CutsOff(int silo) => false;

    Task Strike(IClusterProcesses cluster);
}

/// <summary>The process is gone from one moment to the next, and is started again after a while.</summary>
internal sealed class KillSilo(int number) : IClusterDisturbance
{
    public string Name => $"SIGKILL of silo {number}";

    public bool CutsOff(int silo) => silo == number;

    public async Task Strike(IClusterProcesses cluster)
    {
        await cluster.Silo(number).Kill();
        await RealTime.Pass(TimeSpan.FromSeconds(5));
        await cluster.StartSilo(number);
    }
}

/// <summary>What an operator does for an update: stops it in its own good time, and starts it again.</summary>
internal sealed class RestartSilo(int number) : IClusterDisturbance
{
    public string Name => $"SIGTERM of silo {number}";

    public async Task Strike(IClusterProcesses cluster)
    {
        await cluster.Silo(number).Stop();
        await cluster.StartSilo(number);
    }
}

internal sealed class KillApi(int number) : IClusterDisturbance
{
    public string Name => $"SIGKILL of API node {number}";

    public Task Strike(IClusterProcesses cluster) => cluster.KillAndStartApi(number);
}

/// <summary>
/// The silo stands still, as on a machine that was suspended, until the others have declared it dead; then it goes on without having
/// noticed, finds out, and ends. Whoever runs it starts it again.
/// </summary>
internal sealed class FreezeSilo(int number, TimeSpan length) : IClusterDisturbance
{
    public string Name => $"SIGSTOP of silo {number} for {length.TotalSeconds:0} s";

    public bool CutsOff(int silo) => silo == number;

    public async Task Strike(IClusterProcesses cluster)
    {
        var silo = cluster.Silo(number);
        silo.Pause();
        await RealTime.Pass(length);
        silo.Continue();
        if (await silo.EndsWithin(TimeSpan.FromSeconds(20)))
        {
            await cluster.StartSilo(number);
        }
    }
}

/// <summary>The database server and everything it had in memory is gone, and starts again.</summary>
internal sealed class KillPostgres : IClusterDisturbance
{
    public string Name => "SIGKILL of PostgreSQL";

    public bool CutsOff(int silo) => true;

    public async Task Strike(IClusterProcesses cluster)
    {
        await cluster.Deployment.Postgres.Kill();
        await RealTime.Pass(TimeSpan.FromSeconds(3));
        await cluster.Deployment.Postgres.Go();
    }
}
