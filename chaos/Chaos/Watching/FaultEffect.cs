using Loopwave.Chaos.Ledger;

namespace Loopwave.Chaos.Watching;

/// <summary>Half, nearly all, and all of some times.</summary>
internal sealed record Spread(int Count, TimeSpan Median, TimeSpan P99, TimeSpan Longest)
{
    public static Spread? Of(IEnumerable<TimeSpan> times)
    {
        var sorted = times.Order().ToList();
        return sorted is [] ? null : new(sorted.Count, At(sorted, 50), At(sorted, 99), sorted[^1]);
    }

    public static TimeSpan At(IReadOnlyList<TimeSpan> sorted, double percent) => sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * percent / 100))];

    public override string ToString() => FormattableString.Invariant(
        $"p50 {Median.TotalSeconds:0.0} s, p99 {P99.TotalSeconds:0.0} s, all {Count} within {Longest.TotalSeconds:0.0} s");
}

/// <summary>The numbers of a run of one kind, as a fault found them.</summary>
/// <param name="Struck">How many the silos had that it struck.</param>
/// <param name="Others">How many the others had.</param>
/// <param name="NotBack">Of the struck ones, how many another silo did not take, or did not make ready.</param>
internal sealed record NumbersOfKind(int Struck, int Others, int NotBack);

/// <summary>What a fault did to the numbers.</summary>
/// <param name="Kinds">Every kind that the run has.</param>
/// <param name="TakenOver">From the fault to an owner that it did not strike, for the numbers of the silos it struck.</param>
/// <param name="NotTaken">Of those, how many nobody took.</param>
/// <param name="Ready">From the fault to ready under another owner, by kind of number: from when on it stayed so until numbers could move on purpose.</param>
/// <param name="NotReady">Of those that were taken, how many did not become ready, or did not stay so.</param>
/// <param name="Shown">How long each number of the struck silos showed that it was not ready, by kind.</param>
/// <param name="Away">
/// The longest time that each number of the struck silos was away, by kind: from the end of its connection at the struck silo, as its network has it,
/// to ready under another owner, or whenever it left ready before numbers could move on purpose, for as long as it showed so.
/// </param>
/// <param name="Disturbed">Numbers of other silos that left ready before numbers could move on purpose, with what they showed.</param>
/// <param name="Back">When all numbers were back, by kind, once a fault was over that took storage from all; null after any other fault.</param>
/// <param name="Load">What there was to do meanwhile.</param>
/// <param name="Waits">What it meant for callers.</param>
internal sealed record FaultEffect(
    FaultRecord Fault,
    IReadOnlyDictionary<EngineKind, NumbersOfKind> Kinds,
    Spread? TakenOver,
    int NotTaken,
    IReadOnlyDictionary<EngineKind, Spread> Ready,
    int NotReady,
    IReadOnlyDictionary<EngineKind, Spread> Shown,
    IReadOnlyDictionary<EngineKind, Spread> Away,
    IReadOnlyList<string> Disturbed,
    IReadOnlyDictionary<EngineKind, BackAgain>? Back,
    FaultLoad Load,
    FaultWaits Waits)
{
    /// <param name="until">When looking ends: the next fault, or the end of the run.</param>
    public static FaultEffect Of(
        FaultRecord fault, DateTimeOffset until, Ownership ownership, IReadOnlyDictionary<string, Timeline> timelines, ILookup<string, NumberConnection> connections,
        AllAsked asked)
    {
        var struck = fault.Struck.SelectMany(silo => ownership.Of(silo, fault.At)).Where(timelines.ContainsKey).ToHashSet();
        var taken = struck.Select(number => (Timeline: timelines[number], By: ownership.TakenAfter(number, fault.At, fault.Struck)))
            .Where(one => one.By is { } by && by.At < until).ToList();

        // A silo that goes on, and a network that heals, are part of the fault.
        var over = Earlier(fault.MovesFrom, until);
        var ready = taken.Select(one => (one.Timeline.Engine, one.Timeline.Number, At: one.Timeline.ReadyToStay(fault.At, over))).ToList();
        var back = ready.Where(one => one.At is { } at && at < until).ToDictionary(one => one.Number);
        var disturbed = timelines.Values.Where(timeline => !struck.Contains(timeline.Number))
            .SelectMany(timeline => timeline.NotReady(fault.At, over).Take(1)
                .Select(entry => $"{timeline.Number} ({timeline.Engine}) was {entry.Status} {entry.Reason} after {(entry.At - fault.At).TotalSeconds:0.0} s"));
        return new(
            fault,
            timelines.Values.GroupBy(timeline => timeline.Engine).OrderBy(kind => kind.Key).ToDictionary(kind => kind.Key, kind => new NumbersOfKind(
                kind.Count(timeline => struck.Contains(timeline.Number)),
                kind.Count(timeline => !struck.Contains(timeline.Number)),
                kind.Count(timeline => struck.Contains(timeline.Number) && !back.ContainsKey(timeline.Number)))),
            Spread.Of(taken.Select(one => one.By!.At - fault.At)),
            struck.Count - taken.Count,
            ByKind(back.Values.Select(one => (one.Engine, one.At!.Value - fault.At))),
            ready.Count - back.Count,
            ByKind(struck.SelectMany(number => timelines[number].Away(fault.At, until, until).Select(time => (timelines[number].Engine, time)))),
            ByKind(struck.SelectMany(number => LongestAway(timelines[number], connections[number], fault.At, over, until))),
            [.. disturbed],
            fault.TakesStorage ? BackAgain.Of(fault, until, timelines.Values, connections) : null,
            FaultLoad.Of(fault, asked),
            FaultWaits.Of(fault, over, until, struck, timelines, asked));
    }

    private static IEnumerable<(EngineKind Engine, TimeSpan Time)> LongestAway(
        Timeline timeline, IEnumerable<NumberConnection> connections, DateTimeOffset from, DateTimeOffset over, DateTimeOffset until)
    {
        var times = timeline.Away(from, over, until).ToList();
        var ended = connections.Where(connection => connection.From <= from && connection.To > from).Min(connection => connection.To);
        if (ended is { } at && timeline.ReadyAfter(at) is { } back && back < until)
        {
            times.Add(back - at);
        }

        return times is [] ? [] : [(timeline.Engine, times.Max())];
    }

    private static Dictionary<EngineKind, Spread> ByKind(IEnumerable<(EngineKind Engine, TimeSpan Time)> times) =>
        times.GroupBy(one => one.Engine).ToDictionary(kind => kind.Key, kind => Spread.Of(kind.Select(one => one.Time))!);

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;
}
