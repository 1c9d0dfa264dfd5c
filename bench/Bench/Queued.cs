using System.Diagnostics;
using System.Net.Http.Json;

namespace Loopwave.Bench;

/// <summary>Fills a number's queue while it is away, and waits until it is empty.</summary>
internal static class Queued
{
    public static async Task<(int Accepted, int Refused, TimeSpan Took)> Fill(HttpClient client, string number, int messages)
    {
        int next = 0, accepted = 0;
        var before = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, 32).Select(async _ =>
        {
            for (var i = Interlocked.Increment(ref next); i <= messages; i = Interlocked.Increment(ref next))
            {
                using var answer = await client.PostAsJsonAsync("/api/v1/messages", new
                {
                    to = $"9198{10_000_000 + (i % 1000)}", text = $"queued message {i}", from = number, whenOffline = "queue",
                });
                Interlocked.Add(ref accepted, answer.IsSuccessStatusCode ? 1 : 0);
            }
        }));
        return (accepted, messages - accepted, Stopwatch.GetElapsedTime(before));
    }

    public static async Task<TimeSpan> Drain(Deployment deployment, string number)
    {
        var before = Stopwatch.GetTimestamp();
        while ((await deployment.Number(number))["counters"]!["queued"]!.GetValue<int>() > 0)
        {
            await Pause.For(TimeSpan.FromMilliseconds(100));
        }

        return Stopwatch.GetElapsedTime(before);
    }
}
