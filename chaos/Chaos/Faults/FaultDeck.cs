using Loopwave.Chaos.Cluster;

namespace Loopwave.Chaos.Faults;

/// <summary>The faults that a plan allows, each made with lengths and victims by chance.</summary>
internal static class FaultDeck
{
    private static readonly TimeSpan Settles = TimeSpan.FromSeconds(10);

    /// <exception cref="FormatException">The plan names a fault that there is not, or that is impossible here.</exception>
    public static IReadOnlyList<Func<Random, IFault>> For(ChaosPlan plan)
    {
        var possible = All(plan).Where(card => plan.Faults is [] || plan.Faults.Contains(card.Id)).ToList();
        return plan.Faults.FirstOrDefault(id => possible.All(card => card.Id != id)) is { } unknown
            ? throw new FormatException($"There is no fault {unknown} in such a run.")
            : [.. possible.Select(card => card.Make)];
    }

    private static IEnumerable<(string Id, Func<Random, IFault> Make)> All(ChaosPlan plan)
    {
        yield return ("F1", random => new KillSilo(Silo(random), Seconds(random, 0, 30)));
        yield return ("F1", random => new KillApi(Api(random)));
        yield return ("F2", random => new FreezeSilo(Silo(random), Seconds(random, 5, 5), withHosts: false));
        yield return ("F2", random => new FreezeSilo(Silo(random), Seconds(random, 20, 20), random.Next(2) == 0));
        yield return ("F11", random => new KillPostgres(Seconds(random, 0, 10)));
        yield return ("F12", random => new FreezePostgres(Seconds(random, 2, 20)));
        yield return ("F13", random => new ReadOnlyPostgres(Seconds(random, 2, 20)));
        yield return ("F18", random => new BusyMachine(Seconds(random, 10, 30)));
        yield return ("F20", random => new StopSilo(Silo(random)));
        yield return ("F20", random => new StopApi(Api(random)));
        if (plan.ThroughProxies)
        {
            yield return ("F6", random => new SlowDatabase(Silo(random), Seconds(random, 10, 20)));
            yield return ("F12", random => new DeafDatabase(Silo(random), Seconds(random, 2, 30)));
            yield return ("F21", random => new Swizzle(random.Next()));
        }

        if (plan.OwnNetwork)
        {
            yield return ("F3", random => new PartitionSilos(Seconds(random, 20, 40)));
            yield return ("F4", random => new PartitionDatabase(Silo(random), Seconds(random, 5, 40)));
            yield return ("F5", random => new LossySilo(Silo(random), Seconds(random, 10, 30)));
        }

        foreach (var card in plan.EmulatedNumbers > 0 ? WhatsApp(plan) : [])
        {
            yield return card;
        }
    }

    private static IEnumerable<(string Id, Func<Random, IFault> Make)> WhatsApp(ChaosPlan plan)
    {
        yield return ("F1", random => new KillHosts(Silo(random)));
        yield return ("F8", random => new WhatsAppDoes(
            "F8", "acknowledgements lost, doubled and late, repeats swallowed or not", Settles,
            new { kind = "swallow-repeats", on = random.Next(2) == 0 },
            new { kind = "ack-lost", count = 5, delivered = true },
            new { kind = "ack-lost", count = 5, delivered = false },
            new { kind = "ack-double", count = 5 },
            new { kind = "ack-late", count = 5, ms = 3_000 }));
        yield return ("F9", _ => new WhatsAppDoes("F9", "another device in our place (440)", Settles, new { kind = "replaced", phone = "all" }));
        yield return ("F9", _ => new WhatsAppDoes("F9", "all are to connect again (515)", Settles, new { kind = "stream-error", phone = "all", code = 515 }));
        yield return ("F9", _ => new WhatsAppDoes("F9", "unavailable (503)", Settles, new { kind = "stream-error", phone = "all", code = 503 }));
        yield return ("F10", _ => new WhatsAppDoes("F10", "all connections drop at once", Settles, new { kind = "drop", phone = "all" }));
        if (plan.ThroughProxies)
        {
            yield return ("F7", random => new WorseWhatsApp("latency and jitter", new() { Latency = TimeSpan.FromSeconds(0.5), Jitter = TimeSpan.FromSeconds(0.4) }, Seconds(random, 10, 20)));
            yield return ("F7", random => new WorseWhatsApp("little bandwidth, in slices", new() { BytesPerSecond = 20_000, SliceBytes = 50 }, Seconds(random, 10, 20)));
            yield return ("F7", random => new WorseWhatsApp("a reset after 20 kB", new() { LimitBytes = 20_000 }, Seconds(random, 10, 20)));
            yield return ("F7", random => new WorseWhatsApp("a black hole and slow closes", new() { BlackHole = true, CloseDelay = TimeSpan.FromSeconds(5) }, Seconds(random, 5, 60)));
            yield return ("F10", random => new WhatsAppDown(Seconds(random, 5, 60)));
        }
    }

    private static int Silo(Random random) => random.Next(1, ChaosCluster.Silos + 1);

    private static int Api(Random random) => random.Next(1, ChaosCluster.ApiNodes + 1);

    private static TimeSpan Seconds(Random random, int least, int more) => TimeSpan.FromSeconds(least + (more * random.NextDouble()));
}
