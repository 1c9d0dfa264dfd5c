using Loopwave.Chaos.Cluster;
using Loopwave.Network;

namespace Loopwave.Chaos.Faults;

/// <summary>Something is wrong on the way between the engine hosts of all silos and WhatsApp.</summary>
internal sealed class WorseWhatsApp(string what, NetworkFaults faults, TimeSpan length) : IFault
{
    public string Id => "F7";

    public string Name => $"the way to WhatsApp with {what} for {length.TotalSeconds:0} s";

    public TimeSpan? Length => length;

    // WhatsApp learns late that a connection is over.
    public bool CutsOff(EngineKind network) => network is EngineKind.WhatsApp;

    public Task Strike(ChaosCluster cluster) => Each(cluster, proxy => proxy.Set(faults));

    public Task Heal(ChaosCluster cluster) => Each(cluster, proxy => proxy.Heal());

    internal static Task Each(ChaosCluster cluster, Action<FaultProxy> act)
    {
        for (var silo = 1; silo <= ChaosCluster.Silos; silo++)
        {
            act(cluster.ToWhatsApp(silo));
        }

        return Task.CompletedTask;
    }
}

/// <summary>Nobody is where WhatsApp was; it comes back after a while, and all numbers want to connect.</summary>
internal sealed class WhatsAppDown(TimeSpan length) : IFault
{
    public string Id => "F10";

    public string Name => $"WhatsApp down for {length.TotalSeconds:0} s";

    public TimeSpan? Length => length;

    public Task Strike(ChaosCluster cluster) => WorseWhatsApp.Each(cluster, proxy => proxy.GoDown());

    public Task Heal(ChaosCluster cluster) => WorseWhatsApp.Each(cluster, proxy => proxy.Heal());
}

/// <summary>
/// Half of all connections, to the database and to WhatsApp, are reset one after the other, and after a while the ways through which
/// new ones are made come back in another order.
/// </summary>
internal sealed class Swizzle(int seed) : IFault
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private const int Rounds = 10;

    public string Id => "F21";

    public string Name => "half of all connections reset, one after the other, and ways closed and opened by chance";

    public TimeSpan? Length => TimeSpan.FromSeconds(5);

    public bool CutsOff(EngineKind network) => true;

    public async Task Strike(ChaosCluster cluster)
    {
        var random = new Random(seed);
        var proxies = Proxies(cluster);
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var proxy in proxies)
            {
                proxy.Reset(1 + (proxy.Open / (2 * Rounds)), random);
            }

            await Task.Delay(Pause, TimeProvider.System);
        }

        proxies[random.Next(proxies.Length)].GoDown();
    }

    public async Task Heal(ChaosCluster cluster)
    {
        var proxies = Proxies(cluster);
        new Random(seed + 1).Shuffle(proxies);
        foreach (var proxy in proxies)
        {
            proxy.Heal();
            await Task.Delay(Pause, TimeProvider.System);
        }
    }

    private static FaultProxy[] Proxies(ChaosCluster cluster) =>
    [
        .. Enumerable.Range(1, ChaosCluster.Silos).Select(cluster.ToDatabase),
        .. cluster.WhatsApp is null ? [] : Enumerable.Range(1, ChaosCluster.Silos).Select(cluster.ToWhatsApp),
    ];
}

/// <summary>WhatsApp itself does something to whoever is there: a fault of the emulator, by its name.</summary>
/// <param name="faults">As the emulator's control API takes them.</param>
internal sealed class WhatsAppDoes(string id, string what, TimeSpan length, params IReadOnlyList<object> faults) : IFault
{
    public string Id => id;

    public string Name => $"WhatsApp: {what}";

    public TimeSpan? Length => length;

    public async Task Strike(ChaosCluster cluster)
    {
        foreach (var fault in faults)
        {
            try
            {
                await cluster.WhatsApp!.Fault(fault);
            }
            catch (InvalidOperationException)
            {
                // Nobody is connected at the moment.
            }
        }
    }

    public async Task Heal(ChaosCluster cluster) => await cluster.WhatsApp!.Fault(new { kind = "swallow-repeats", on = false });
}
