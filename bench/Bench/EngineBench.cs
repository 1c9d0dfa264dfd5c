using System.Diagnostics;

namespace Loopwave.Bench;

/// <summary>
/// Real numbers: the product's engine hosts with the unmodified protocol library, against the WhatsApp server for tests. Each
/// size is measured after a restart, which is the normal case: numbers that were linked before log in again.
/// </summary>
internal static class EngineBench
{
    private const int Messages = 2_000;
    private const int PerSecond = 30;
    private const int Timings = PerSecond * 10;
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Lost = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Watching = TimeSpan.FromSeconds(60);

    // The bare library with an in-memory store, one process, the same kind of machine.
    private static readonly Dictionary<int, string> Bare = new()
    {
        [1] = "97 MB",
        [50] = "0.95 MB each, 31 ms of a core a connect, 1.0 %",
        [200] = "0.70 MB each, 33 ms, 2.4 %",
        [500] = "0.91 MB each, 52 ms, 10.4 %",
    };

    public static async Task Run(Report report, IReadOnlyList<int> sizes)
    {
        await using var deployment = await EngineDeployment.Start();
        await deployment.Link(sizes.Max());
        (long Host, long Silo) one = default;
        foreach (var size in sizes.Order())
        {
            Console.Error.WriteLine($"  {size} numbers");
            await deployment.Want(size);
            await deployment.StopProduct();
            await ColdStart(report, deployment, size);
            var (host, silo) = await Idle(report, deployment, size, one);
            one = size == 1 ? (host, silo) : one;
            await (size == 1 ? Outgoing(report, deployment) : Exchange(report, deployment, size));
            if (size == sizes.Max())
            {
                await Storm(report, deployment, size);
            }
        }
    }

    private static async Task ColdStart(Report report, EngineDeployment deployment, int size)
    {
        var before = Stopwatch.GetTimestamp();
        await deployment.StartProduct();
        await deployment.Ready(size);
        var took = Stopwatch.GetElapsedTime(before);
        var cpu = deployment.Hosts.Sum(host => host.CpuTime.TotalMilliseconds);
        report.Add(
            $"{size} real numbers: start of the product to all ready",
            $"{took.TotalSeconds:F1} s; {cpu / size:F0} ms of a core each in {deployment.Hosts.Count} engine hosts, their own start included",
            size >= 300 ? "≤ 35 s" : "");
    }

    private static async Task<(long Host, long Silo)> Idle(Report report, EngineDeployment deployment, int size, (long Host, long Silo) one)
    {
        await Pause.For(Settling);
        var hosts = deployment.Hosts;
        var silo = new ProcessReading(deployment.Process.Id);
        var (cpu, siloCpu) = (hosts.Sum(host => host.CpuTime.TotalSeconds), silo.CpuTime);
        await Pause.For(Watching);
        var used = (hosts.Sum(host => host.CpuTime.TotalSeconds) - cpu) / Watching.TotalSeconds;
        var siloUsed = (silo.CpuTime - siloCpu) / Watching;
        var resident = hosts.Sum(host => host.ResidentBytes);
        var comparison = Bare.TryGetValue(size, out var bare) ? $" (bare library: {bare})" : "";
        if (size == 1)
        {
            report.Add("1 real number idle", $"engine host {Mega(resident):F0} MB, {used * 100:F1} % of a core; silo {Mega(silo.ResidentBytes):F0} MB{comparison}");
        }
        else
        {
            var each = Mega(resident - (one.Host * hosts.Count)) / (size - 1);
            report.Add(
                $"{size} real numbers idle, in {hosts.Count} engine hosts",
                $"{Mega(resident):F0} MB, {each:F2} MB each beyond the processes' own; {used * 100:F1} % of a core; silo {Mega(silo.ResidentBytes):F0} MB, {siloUsed * 100:F1} %{comparison}",
                size == 150 ? "≤ 1.0 MB each" : "");
        }

        return (resident, silo.ResidentBytes);
    }

    // One alone has only other people to write to. Their phones are the network's, so what is read of them costs our hosts nothing.
    private static async Task Outgoing(Report report, EngineDeployment deployment)
    {
        var person = await deployment.Person();
        await deployment.Send(0, person, "hello");
        await All(deployment, received: 0);
        var (cpu, siloCpu) = (deployment.Hosts.Sum(host => host.CpuTime.TotalMilliseconds), new ProcessReading(deployment.Process.Id).CpuTime);
        var before = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Messages), new ParallelOptions { MaxDegreeOfParallelism = 16 },
            async (i, _) => await deployment.Send(0, person, $"message {i} of the bench"));
        await All(deployment, received: 0);
        var took = Stopwatch.GetElapsedTime(before);
        var each = (deployment.Hosts.Sum(host => host.CpuTime.TotalMilliseconds) - cpu) / Messages;
        var siloEach = (new ProcessReading(deployment.Process.Id).CpuTime - siloCpu).TotalMilliseconds / Messages;
        report.Add(
            "1 real number writing to one person, without pacing",
            $"{Messages / took.TotalSeconds:F0} messages/s sent; {each:F1} ms of a core each in the engine host, {siloEach:F1} ms in the silo");
        await Latencies(report, deployment, 1, () => deployment.Send(0, person, "one more"));
    }

    // Every number writes to the next one, so that one message is sent and received, decrypted and receipted, in our hosts.
    private static async Task Exchange(Report report, EngineDeployment deployment, int size)
    {
        var received = (await deployment.Traffic()).Received;
        for (var i = 0; i < size; i++)
        {
            // The first one to somebody new makes a session, which is another cost.
            await deployment.Send(i, (i + 1) % size, "hello");
        }

        await All(deployment, received += size);
        var (cpu, siloCpu) = (deployment.Hosts.Sum(host => host.CpuTime.TotalMilliseconds), new ProcessReading(deployment.Process.Id).CpuTime);
        var ids = new string[Messages];
        var next = -1;
        var before = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
        {
            for (var i = Interlocked.Increment(ref next); i < Messages; i = Interlocked.Increment(ref next))
            {
                ids[i] = await deployment.Send(i % size, (i + 1) % size, $"message {i} of the bench");
            }
        }));
        await All(deployment, received + Messages);
        var took = Stopwatch.GetElapsedTime(before);
        var each = (deployment.Hosts.Sum(host => host.CpuTime.TotalMilliseconds) - cpu) / Messages;
        var siloEach = (new ProcessReading(deployment.Process.Id).CpuTime - siloCpu).TotalMilliseconds / Messages;
        report.Add(
            $"{size} real numbers writing to each other, without pacing",
            $"{Messages / took.TotalSeconds:F0} messages/s sent and received; {each:F1} ms of a core each in engine hosts, {siloEach:F1} ms in the silo (bare library: 200-250/s, 4.3-5.3 ms)");
        var sender = -1;
        received = (await deployment.Traffic()).Received;
        await Latencies(report, deployment, size, () => deployment.Send(++sender % size, (sender + 1) % size, $"message {sender}"));
        await All(deployment, received + Timings);
    }

    // At a rate that leaves the machine room: a burst would only show how long its queue is.
    private static async Task Latencies(Report report, EngineDeployment deployment, int size, Func<Task<string>> send)
    {
        var timed = new List<Task<(TimeSpan Sent, TimeSpan Delivered)>>();
        var begin = Stopwatch.GetTimestamp();
        for (var i = 0; i < Timings; i++)
        {
            while (TimeSpan.FromSeconds((double)i / PerSecond) - Stopwatch.GetElapsedTime(begin) is { Ticks: > 0 } wait)
            {
                await Pause.For(wait);
            }

            timed.Add(Timed(deployment, await send()));
        }

        var all = await Task.WhenAll(timed);
        var (sent, delivered) = (all.Select(one => one.Sent).Order().ToList(), all.Select(one => one.Delivered).Order().ToList());
        report.Add(
            $"{size} real numbers at {PerSecond} messages/s: accepted to acknowledged, to delivered",
            $"p50 {Milliseconds(sent, 50):F0} ms, p99 {Milliseconds(sent, 99):F0} ms; p50 {Milliseconds(delivered, 50):F0} ms, p99 {Milliseconds(delivered, 99):F0} ms");
    }

    private static double Milliseconds(List<TimeSpan> sorted, int percentile) => Load.Percentile(sorted, percentile);

    // Asked for, because the network's own times are whole seconds.
    private static async Task<(TimeSpan Sent, TimeSpan Delivered)> Timed(EngineDeployment deployment, string id)
    {
        var accepted = Stopwatch.GetTimestamp();
        TimeSpan? sent = null;
        while (true)
        {
            var status = (await deployment.Message(id))["status"]!.GetValue<string>();
            sent ??= status is "sent" or "delivered" or "read" ? Stopwatch.GetElapsedTime(accepted) : null;
            if (status is "delivered" or "read" || Stopwatch.GetElapsedTime(accepted) > Lost)
            {
                return (sent ?? Lost, Stopwatch.GetElapsedTime(accepted));
            }

            await Pause.For(TimeSpan.FromMilliseconds(5));
        }
    }

    private static async Task Storm(Report report, EngineDeployment deployment, int size)
    {
        var cpu = deployment.Hosts.Sum(host => host.CpuTime.TotalMilliseconds);
        var dropped = TimeProvider.System.GetUtcNow();
        var before = Stopwatch.GetTimestamp();
        await deployment.DropAll();
        await deployment.Ready(size, dropped);
        var took = Stopwatch.GetElapsedTime(before);
        report.Add(
            $"Storm: {size} real numbers cut off at once, to all ready",
            $"{took.TotalSeconds:F1} s, {(deployment.Hosts.Sum(host => host.CpuTime.TotalMilliseconds) - cpu) / size:F0} ms of a core each (bare library, 200 and 500 at once, no budget: 7.7 s and 36 s, 48 and 87 ms)");
    }

    private static Task All(EngineDeployment deployment, int received) => EngineDeployment.Until(
        async () => await deployment.Traffic() is { Waits: false } traffic && traffic.Received >= received, $"{received} received messages");

    private static double Mega(long bytes) => bytes / 1024.0 / 1024.0;
}
