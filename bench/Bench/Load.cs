using System.Diagnostics;
using System.Net;
using System.Text;

namespace Loopwave.Bench;

/// <summary>Sends messages over REST: as many as go, or at a fixed rate that does not wait for slow answers.</summary>
internal static class Load
{
    /// <summary>A closed loop of so many callers; how many were accepted, and what was refused.</summary>
    public static async Task<(int Accepted, int Refused, TimeSpan Took)> Closed(HttpClient client, IReadOnlyList<string> numbers, int callers, int messages)
    {
        int next = 0, accepted = 0, refused = 0;
        var before = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(async _ =>
        {
            for (var i = Interlocked.Increment(ref next); i <= messages; i = Interlocked.Increment(ref next))
            {
                if (await Send(client, numbers, i) is HttpStatusCode.Accepted)
                {
                    Interlocked.Increment(ref accepted);
                }
                else
                {
                    Interlocked.Increment(ref refused);
                }
            }
        }));
        return (accepted, refused, Stopwatch.GetElapsedTime(before));
    }

    /// <summary>An open loop: each send is due at its time whatever became of the ones before; latencies count from then.</summary>
    public static async Task<(List<TimeSpan> Latencies, int Refused)> Open(HttpClient client, IReadOnlyList<string> numbers, int perSecond, TimeSpan length)
    {
        var total = (int)(perSecond * length.TotalSeconds);
        var latencies = new TimeSpan[total];
        var refused = 0;
        var running = new List<Task>(total);
        var begin = Stopwatch.GetTimestamp();
        for (var i = 0; i < total; i++)
        {
            var due = TimeSpan.FromSeconds((double)i / perSecond);
            while (Stopwatch.GetElapsedTime(begin) is var now && now < due)
            {
                await Pause.For(due - now);
            }

            var index = i;
            running.Add(Task.Run(async () =>
            {
                var status = await Send(client, numbers, index);
                latencies[index] = Stopwatch.GetElapsedTime(begin) - due;
                if (status is not HttpStatusCode.Accepted)
                {
                    Interlocked.Increment(ref refused);
                }
            }));
        }

        await Task.WhenAll(running);
        return ([.. latencies.Order()], refused);
    }

    public static double Percentile(List<TimeSpan> sorted, double percent) =>
        sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * percent / 100))].TotalMilliseconds;

    private static async Task<HttpStatusCode> Send(HttpClient client, IReadOnlyList<string> numbers, int i)
    {
        // Many chats on many numbers, as an integrator's traffic has. Written by hand: the generator shares the processor.
        using var body = new StringContent(
            $$"""{"to":"9198{{10_000_000 + (i % 5000)}}","text":"bench message {{i}}","from":"{{numbers[i % numbers.Count]}}"}""",
            Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync("/api/v1/messages", body);
        return answer.StatusCode;
    }
}
