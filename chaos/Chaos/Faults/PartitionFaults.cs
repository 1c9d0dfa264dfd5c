using Loopwave.Chaos.Cluster;

namespace Loopwave.Chaos.Faults;

/// <summary>
/// No packet passes between the two silos; both reach the database. One of them is declared dead and ends itself, and is started
/// again when the network is whole.
/// </summary>
internal sealed class PartitionSilos(TimeSpan length) : IFault
{
    public const string Fault = "F3";

    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(5);

    // It has its database, where it looks for its lease as often, and finds it revoked.
    private static readonly TimeSpan NoticesWithin = TimeSpan.FromSeconds(5);

    private readonly List<int> _ended = [];

    public string Id => Fault;

    public string Name => $"no network between the silos for {length.TotalSeconds:0} s";

    public IReadOnlyList<int> Struck => _ended;

    public bool StrikesByChance => true;

    public TimeSpan? Length => length;

    // The one that ended could not tell. Of the other one nobody may have taken a number.
    public bool CutsOff(EngineKind network) => network is EngineKind.Sandbox;

    public TimeSpan? ClosesWithin(EngineKind network) => network is EngineKind.WhatsApp ? NoticesWithin : null;

    public async Task Strike(ChaosCluster cluster)
    {
        var network = cluster.Network!;
        for (var silo = 1; silo <= ChaosCluster.Silos; silo++)
        {
            await network.Cut(silo, network.AddressOf(ChaosCluster.Silos + 1 - silo));
        }
    }

    public async Task Heal(ChaosCluster cluster)
    {
        for (var silo = 1; silo <= ChaosCluster.Silos; silo++)
        {
            await cluster.Network!.Heal(silo);
        }

        for (var silo = 1; silo <= ChaosCluster.Silos; silo++)
        {
            if (await cluster.StartSiloIfEnded(silo, EndsWithin))
            {
                _ended.Add(silo);
            }
        }
    }
}

/// <summary>
/// No packet passes between a silo and the database. It closes its connections, and ends itself when that lasts, since the other one
/// has the database.
/// </summary>
internal sealed class PartitionDatabase(int silo, TimeSpan length) : IFault
{
    public string Id => "F4";

    public string Name => $"no network between silo {silo} and the database for {length.TotalSeconds:0} s";

    public IReadOnlyList<int> Struck => [silo];

    public TimeSpan? Length => length;

    public bool CutsOff(EngineKind network) => network is EngineKind.Sandbox;

    public Task Strike(ChaosCluster cluster) => cluster.Network!.Cut(silo, cluster.Network.Gateway, cluster.ToDatabase(silo).Address.Port);

    public async Task Heal(ChaosCluster cluster)
    {
        await cluster.Network!.Heal(silo);
        await LoneSilo.StartIfEnded(cluster, silo, length);
    }
}

/// <summary>Three of ten packets from the other silo are lost, and none of those to it.</summary>
internal sealed class LossySilo(int silo, TimeSpan length) : IFault
{
    private const int Percent = 30;

    public string Id => "F5";

    public string Name => $"{Percent} % of the packets to silo {silo} from the other one lost for {length.TotalSeconds:0} s";

    public TimeSpan? Length => length;

    public Task Strike(ChaosCluster cluster) =>
        cluster.Network!.Lose(silo, cluster.Network.AddressOf(ChaosCluster.Silos + 1 - silo), Percent);

    public Task Heal(ChaosCluster cluster) => cluster.Network!.Heal(silo);
}
