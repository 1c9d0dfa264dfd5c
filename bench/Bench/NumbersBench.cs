using System.Diagnostics;

namespace Loopwave.Bench;

/// <summary>Very many numbers without older chats in one process: memory, what they cost while nothing happens, and how long a restart takes.</summary>
internal static class NumbersBench
{
    public static async Task Run(Report report, int count)
    {
        await using var deployment = await Deployment.Start(("Sandbox__Echo", "false"), ("Sandbox__LinkDelay", "00:00:00"), ("Sandbox__HistoryChats", "0"));
        var empty = deployment.ResidentBytes;
        var before = Stopwatch.GetTimestamp();
        var next = 0;
        await Task.WhenAll(Enumerable.Range(0, 64).Select(async _ =>
        {
            for (var i = Interlocked.Increment(ref next); i <= count; i = Interlocked.Increment(ref next))
            {
                await deployment.CreateNumber($"bench {i}");
                if (i % 10_000 == 0)
                {
                    Console.WriteLine($"  {i} numbers after {Stopwatch.GetElapsedTime(before).TotalSeconds:F0} s");
                }
            }
        }));
        await deployment.Ready(count, TimeSpan.FromMinutes(10));
        report.Add($"{count} sandbox numbers created and linked over REST", $"{count / Stopwatch.GetElapsedTime(before).TotalSeconds:F0}/s");
        await Idle(report, deployment, count, "after creation", empty);

        await deployment.Stop();
        var start = await deployment.Start();
        var ready = await deployment.Ready(count, TimeSpan.FromMinutes(10));
        report.Add($"Restart with {count} numbers", $"answers after {start.TotalSeconds:F1} s, all ready after {(start + ready).TotalSeconds:F1} s");
        await Idle(report, deployment, count, "after a restart", empty);
    }

    private static async Task Idle(Report report, Deployment deployment, int count, string when, long empty)
    {
        await Pause.For(TimeSpan.FromSeconds(60));
        var cpu = deployment.CpuTime;
        var length = TimeSpan.FromSeconds(60);
        await Pause.For(length);
        var used = (deployment.CpuTime - cpu) / length;
        var resident = deployment.ResidentBytes;
        report.Add(
            $"{count} sandbox numbers idle {when}",
            $"{resident >> 20} MiB resident ({(resident - empty) / 1024.0 / count:F1} kB each beyond the empty process), {used * 100:F1} % of a core", "≤ 2 GiB, ≤ 10 %");
    }
}
