using System.Diagnostics;
using System.Globalization;

namespace Loopwave.Bench;

/// <summary>
/// Very many sandbox numbers on three silos with one database: what they cost, how they come back when a silo is killed, and
/// how long a silo takes to hand all of its numbers over.
/// </summary>
internal static class ClusterBench
{
    private const int SiloCount = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Watching = TimeSpan.FromSeconds(60);

    public static async Task Run(Report report, int perSilo)
    {
        var count = perSilo * SiloCount;
        await using var cluster = await BenchCluster.Start(
            SiloCount, ("Sandbox__Echo", "false"), ("Sandbox__LinkDelay", "00:00:00"), ("Sandbox__HistoryChats", "0"));
        var empty = cluster.Silos.Sum(silo => silo.ResidentBytes);
        var numbers = await Create(report, cluster, count);
        var spread = (await cluster.Numbers()).Select(silo => silo.Values.Sum()).ToList();
        report.Add($"{count} sandbox numbers on {SiloCount} silos: spread", $"{string.Join(", ", spread)}");
        await Idle(report, cluster, count, empty);
        await Sends(report, cluster, numbers);

        var before = Stopwatch.GetTimestamp();
        await cluster.KillSilo(1);
        await cluster.Ready(count, Patience);
        report.Add(
            $"SIGKILL of a silo with {spread[0]} of {count} sandbox numbers: all ready again", $"{Stopwatch.GetElapsedTime(before).TotalSeconds:F1} s");

        before = Stopwatch.GetTimestamp();
        await cluster.DrainSilo(2);
        var drained = Stopwatch.GetElapsedTime(before);
        await cluster.Ready(count, Patience);
        report.Add(
            $"SIGTERM of one of two silos with {count} sandbox numbers: ended, all ready",
            $"{drained.TotalSeconds:F1} s, {Stopwatch.GetElapsedTime(before).TotalSeconds:F1} s");
    }

    private static async Task<IReadOnlyList<string>> Create(Report report, BenchCluster cluster, int count)
    {
        var before = Stopwatch.GetTimestamp();
        var numbers = new string[count];
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, 64).Select(async _ =>
        {
            for (var i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next))
            {
                numbers[i] = await cluster.CreateNumber(string.Create(CultureInfo.InvariantCulture, $"bench {i}"), "sandbox");
                if ((i + 1) % 10_000 == 0)
                {
                    Console.WriteLine($"  {i + 1} numbers after {Stopwatch.GetElapsedTime(before).TotalSeconds:F0} s");
                }
            }
        }));
        await cluster.Ready(count, Patience);
        report.Add(
            $"{count} sandbox numbers created and linked over two API nodes, {SiloCount} silos", $"{count / Stopwatch.GetElapsedTime(before).TotalSeconds:F0}/s");
        return numbers;
    }

    private static async Task Idle(Report report, BenchCluster cluster, int count, long empty)
    {
        await Pause.For(Watching);
        var (silos, nodes, database) = (Cpu(cluster.Silos), Cpu(cluster.Nodes), cluster.Postgres.WithChildren.CpuTime);
        await Pause.For(Watching);
        var resident = cluster.Silos.Sum(silo => silo.ResidentBytes);
        report.Add(
            $"{count} sandbox numbers idle on {SiloCount} silos",
            $"{resident >> 20} MiB resident in the silos ({(resident - empty) / 1024.0 / count:F1} kB each beyond the empty processes); of a core: silos {Share(Cpu(cluster.Silos) - silos):F1} %, API nodes {Share(Cpu(cluster.Nodes) - nodes):F1} %, PostgreSQL {Share(cluster.Postgres.WithChildren.CpuTime - database):F1} %");
    }

    private static async Task Sends(Report report, BenchCluster cluster, IReadOnlyList<string> numbers)
    {
        const int messages = 20_000;
        await Load.Closed(cluster.Client, numbers, 64, messages / 4);
        var (silos, nodes, database) = (Cpu(cluster.Silos), Cpu(cluster.Nodes), cluster.Postgres.WithChildren.CpuTime);
        var (accepted, refused, took) = await Load.Closed(cluster.Client, numbers, 64, messages);
        report.Add(
            $"Sends accepted over one API node, durable, {numbers.Count} numbers on {SiloCount} silos, 64 callers at once",
            $"{accepted / took.TotalSeconds:F0}/s ({refused} refused); ms of a core each: silos {Each(Cpu(cluster.Silos) - silos, accepted):F2}, API node {Each(Cpu(cluster.Nodes) - nodes, accepted):F2}, PostgreSQL {Each(cluster.Postgres.WithChildren.CpuTime - database, accepted):F2}");
    }

    private static TimeSpan Cpu(IEnumerable<ProcessReading> processes) => new(processes.Sum(process => process.CpuTime.Ticks));

    private static double Share(TimeSpan used) => used / Watching * 100;

    private static double Each(TimeSpan used, int count) => used.TotalMilliseconds / count;
}
