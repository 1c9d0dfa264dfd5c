using System.Globalization;
using Loopwave.Chaos.Ledger;

namespace Loopwave.Chaos.Watching;

/// <summary>What the processes of a kind used in a part of a run: the median of its readings, and how old they were then.</summary>
internal sealed record MemoryUse(long ResidentBytes, TimeSpan Age);

/// <summary>How a kind of process came out.</summary>
/// <param name="Usual">As many processes as there usually were; only what so many used is compared.</param>
/// <param name="Plateau">In the second quarter; null when there is too little to say.</param>
/// <param name="End">In the last quarter; null when there is too little to say.</param>
internal sealed record MemoryVerdict(string Kind, int Usual, MemoryUse? Plateau, MemoryUse? End)
{
    private const double Most = 1.1;

    /// <summary>What was not shown to be right is wrong.</summary>
    public Violation? Violation => (Plateau, End) switch
    {
        ({ } plateau, { } end) when end.ResidentBytes > plateau.ResidentBytes * Most =>
            Found($"all {Kind} used {plateau.ResidentBytes >> 20} MB in the second quarter of the run and {end.ResidentBytes >> 20} MB in the last"),
        ({ }, { }) => null,
        _ => Found($"what all {Kind} used could not be judged: {(Plateau is null ? "in the second quarter" : "in the last quarter")} there were hardly ever {Usual} of them"),
    };

    private static Violation Found(FormattableString what) => new("I14", what.ToString(CultureInfo.InvariantCulture));
}

/// <summary>I14: what processes use does not grow. The second quarter of a run is compared with its last, when nothing is new any more.</summary>
internal static class MemoryCheck
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(10);

    // A minute of them.
    private const int FewestReadings = 12;

    public static bool CanJudge(TimeSpan length) => length >= Shortest;

    /// <summary>The kinds of process that a run has.</summary>
    public static IReadOnlyList<string> KindsOf(ChaosPlan plan) => plan.EmulatedNumbers > 0 ? ["silos", "engine hosts", "API nodes"] : ["silos", "API nodes"];

    /// <summary>Nothing of a run that is too short to say anything.</summary>
    public static IReadOnlyList<MemoryVerdict> Judge(IReadOnlyList<MemoryAt> readings, IEnumerable<string> kinds, DateTimeOffset began, DateTimeOffset ended) =>
        CanJudge(ended - began) ? [.. kinds.Select(kind => Judge(kind, [.. readings.Where(reading => reading.Kind == kind)], began, ended))] : [];

    // While one is away the others do its work, and while a successor starts there can be one more: only readings of as many as there
    // usually are can be compared.
    private static MemoryVerdict Judge(string kind, List<MemoryAt> readings, DateTimeOffset began, DateTimeOffset ended)
    {
        var quarter = (ended - began) / 4;
        var usual = readings is [] ? 0 : readings.CountBy(reading => reading.Processes).MaxBy(count => count.Value).Key;
        var all = readings.Where(reading => reading.Processes == usual).ToList();
        return new(
            kind, usual,
            Median([.. all.Where(reading => reading.At >= began + quarter && reading.At < began + (2 * quarter))]),
            Median([.. all.Where(reading => reading.At >= ended - quarter && reading.At <= ended)]));
    }

    private static MemoryUse? Median(IReadOnlyList<MemoryAt> readings) => readings.Count < FewestReadings ? null : new(
        readings.Select(reading => reading.ResidentBytes).Order().ElementAt(readings.Count / 2),
        readings.Select(reading => reading.Age).Order().ElementAt(readings.Count / 2));
}
