using System.Globalization;
using Loopwave.Chaos.Ledger;

namespace Loopwave.Chaos.Watching;

/// <summary>I14: what processes use does not grow. The second quarter of a run is compared with its last, when nothing is new any more.</summary>
internal static class MemoryCheck
{
    private const double Most = 1.1;
    private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(10);
    private static readonly HashSet<string> Judged = ["silos", "engine hosts", "API nodes"];

    public static bool CanJudge(TimeSpan length) => length >= Shortest;

    public static IEnumerable<Violation> Judge(IReadOnlyList<MemoryAt> readings, DateTimeOffset began, DateTimeOffset ended)
    {
        if (!CanJudge(ended - began))
        {
            yield break;
        }

        var quarter = (ended - began) / 4;
        foreach (var kind in readings.Where(reading => Judged.Contains(reading.Kind)).GroupBy(reading => reading.Kind))
        {
            // While one is away the others do its work, and while a successor starts there can be one more: only readings of as
            // many as there usually are can be compared.
            var usual = kind.CountBy(reading => reading.Processes).MaxBy(count => count.Value).Key;
            var all = kind.Where(reading => reading.Processes == usual).ToList();
            var plateau = Median(all.Where(reading => reading.At >= began + quarter && reading.At < began + (2 * quarter)));
            var end = Median(all.Where(reading => reading.At >= ended - quarter && reading.At <= ended));
            if (plateau > 0 && end > plateau * Most)
            {
                yield return new("I14", string.Create(CultureInfo.InvariantCulture, $"all {kind.Key} used {plateau >> 20} MB in the second quarter of the run and {end >> 20} MB in the last"));
            }
        }
    }

    private static long Median(IEnumerable<MemoryAt> readings)
    {
        var sorted = readings.Select(reading => reading.ResidentBytes).Order().ToList();
        return sorted is [] ? 0 : sorted[sorted.Count / 2];
    }
}
