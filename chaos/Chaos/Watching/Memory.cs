using System.Collections.Concurrent;
using System.Globalization;

namespace Loopwave.Chaos.Watching;

/// <summary>What one kind of process used at a moment, all processes of that kind together.</summary>
/// <param name="Age">For how long they had been there, on average.</param>
internal sealed record MemoryAt(DateTimeOffset At, string Kind, int Processes, long ResidentBytes, TimeSpan Age = default);

/// <summary>Reads every few seconds what the processes use.</summary>
internal sealed class MemoryWatch(Func<IEnumerable<(string Kind, int Process)>> processes, TimeProvider clock) : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<MemoryAt> _readings = [];
    private Task _watching = Task.CompletedTask;

    public IReadOnlyList<MemoryAt> Readings => [.. _readings];

    public void Begin() => _watching = Task.Run(() => Watch(_stop.Token));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        _stop.Dispose();
    }

    private async Task Watch(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Period, clock);
        var since = new Dictionary<int, DateTimeOffset>();
        try
        {
            do
            {
                var at = clock.GetUtcNow();
                var read = processes().Select(one => (one.Kind, one.Process, Bytes: Resident(one.Process))).Where(one => one.Bytes > 0).ToList();
                since = read.ToDictionary(one => one.Process, one => since.GetValueOrDefault(one.Process, at));
                foreach (var kind in read.GroupBy(one => one.Kind))
                {
                    _readings.Enqueue(new(
                        at, kind.Key, kind.Count(), kind.Sum(one => one.Bytes), TimeSpan.FromSeconds(kind.Average(one => (at - since[one.Process]).TotalSeconds))));
                }
            }
            while (await timer.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    // It can end at any moment.
    private static long Resident(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(one => one.StartsWith("VmRSS:", StringComparison.Ordinal));
            return line is null ? 0 : 1024 * long.Parse(line[6..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
