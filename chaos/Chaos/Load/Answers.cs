using System.Collections.Concurrent;
using Loopwave.Chaos.Watching;

namespace Loopwave.Chaos.Load;

/// <summary>What became of all requests, and how long callers waited until they were done.</summary>
internal sealed class Answers
{
    private const int MostSamples = 20;

    private readonly ConcurrentDictionary<string, int> _refusals = [];
    private readonly ConcurrentQueue<string> _wrong = [];
    private readonly ConcurrentQueue<(DateTimeOffset Due, TimeSpan Took)> _done = [];
    private readonly ConcurrentQueue<Asked> _asked = [];
    private int _wrongCount;

    /// <summary>Answers that asked to come again, by status and code, and requests without an answer.</summary>
    public IReadOnlyDictionary<string, int> Refusals => _refusals;

    /// <summary>How many answers there were that nobody is prepared for, and some of them.</summary>
    public (int Count, IReadOnlyList<string> Samples) Wrong => (_wrongCount, [.. _wrong]);

    /// <summary>When each request was due, and how long it took from then to its acceptance, with all attempts.</summary>
    public IEnumerable<(DateTimeOffset Due, TimeSpan Took)> Done => _done;

    public int DoneCount => _done.Count;

    /// <summary>What callers wanted about a number, with all attempts.</summary>
    public IReadOnlyList<Asked> Asked => [.. _asked];

    /// <summary>Each single attempt that was answered.</summary>
    public AnswerTimes Attempts { get; } = new();

    public void Refused(string how) => _refusals.AddOrUpdate(how, 1, (_, count) => count + 1);

    public void WasWrong(string what)
    {
        if (Interlocked.Increment(ref _wrongCount) <= MostSamples)
        {
            _wrong.Enqueue(what);
        }
    }

    public void WasAsked(Asked asked) => _asked.Enqueue(asked);

    public void WasDone(DateTimeOffset due, TimeSpan took) => _done.Enqueue((due, took));
}
