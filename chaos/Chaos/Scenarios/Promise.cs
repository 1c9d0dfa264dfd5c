using System.Globalization;
using Loopwave.Chaos.Reporting;
using Loopwave.Chaos.Watching;

namespace Loopwave.Chaos.Scenarios;

/// <summary>
/// What is promised of the numbers when something happens to their silo. Every kind of number that a run has must have been there, struck
/// or not, as the promise wants it: nothing is promised kept to nobody.
/// </summary>
internal static class Promise
{
    private const int Enough = 10;

    // Of the load: some of it is left out where all chats of a number wait for it.
    private const double EnoughLoad = 0.75;

    /// <summary>How many numbers of a kind it takes on either side to say something: ten, and of few a fifth.</summary>
    /// <param name="planned">How many the run has.</param>
    public static int Fewest(int planned) => Math.Clamp(planned / 5, 1, Enough);

    /// <summary>How long it may take until numbers are ready that lost their silo, or storage. WhatsApp numbers are connected one after the other, ten a second.</summary>
    public static TimeSpan ReadyWithin(EngineKind kind) => TimeSpan.FromSeconds(kind is EngineKind.WhatsApp ? 30 : 15);

    public static Target TakenOver(FaultEffect effect, TimeSpan within) =>
        Within(effect, "all numbers taken over", effect.TakenOver?.Longest, effect.NotTaken, within, TooFewStruck(effect, effect.Kinds.Keys));

    /// <summary>Null when the run has no such numbers.</summary>
    public static Target? Ready(FaultEffect effect, EngineKind engine, TimeSpan within) =>
        OfStruck(effect, engine, $"all {engine} numbers ready", effect.Ready, within);

    /// <summary>Of a silo that was asked to stop: no number is away for longer than its own reconnect takes.</summary>
    public static IEnumerable<Target> HandedOver(FaultEffect effect) =>
        new[] { Away(effect, EngineKind.Sandbox, TimeSpan.FromSeconds(2)), Away(effect, EngineKind.WhatsApp, TimeSpan.FromSeconds(5)) }.OfType<Target>();

    public static Target NobodyElse(FaultEffect effect)
    {
        var tooFew = TooFew(effect, effect.Kinds.Keys, kind => kind.Others, "the others");
        return new(
            $"{effect.Fault.Name}: other numbers that left ready",
            $"{Number(effect.Disturbed.Count)} of {string.Join(" and ", effect.Kinds.Select(kind => $"{Number(kind.Value.Others)} {kind.Key}"))} numbers{Aside(tooFew)}",
            "0", effect.Disturbed.Count == 0 && tooFew is null);
    }

    /// <summary>Of two silos that do not hear each other one ends, and the other one stays: with both gone there is nobody to disturb.</summary>
    public static Target OneStayed(FaultEffect effect) =>
        new($"{effect.Fault.Name}: silos that ended", Number(effect.Fault.Struck.Count), "1", effect.Fault.Struck.Count == 1);

    /// <summary>The cluster had as much to do as it was to have, and not only over the whole run.</summary>
    public static Target Loaded(FaultEffect effect) => new(
        $"{effect.Fault.Name}: begun meanwhile", effect.Load.ToString(), $"at least {EnoughLoad.ToString("P0", CultureInfo.InvariantCulture)}", effect.Load.IsAtLeast(EnoughLoad));

    /// <summary>
    /// All faults together struck half as many numbers of each kind as there are. The product gives a silo its share of numbers, whatever their kind: one fault alone may
    /// strike few of a kind.
    /// </summary>
    public static IEnumerable<Target> StruckMany(IReadOnlyList<FaultEffect> effects)
    {
        foreach (var (engine, kind) in effects is [var first, ..] ? first.Kinds : new Dictionary<EngineKind, NumbersOfKind>())
        {
            var struck = effects.Select(effect => effect.Kinds[engine].Struck).ToList();
            var least = Math.Max(Fewest(kind.Struck + kind.Others), (kind.Struck + kind.Others) / 2);
            yield return new(
                $"{engine} numbers struck in all", $"{Number(struck.Sum())} of {Number(kind.Struck + kind.Others)} ({string.Join(" and ", struck.Select(Number))})",
                $"at least {Number(least)}", struck.Sum() >= least);
        }
    }

    private static Target? Away(FaultEffect effect, EngineKind engine, TimeSpan within) =>
        OfStruck(effect, engine, $"no {engine} number away for longer", effect.Away, within);

    private static Target? OfStruck(FaultEffect effect, EngineKind engine, string what, IReadOnlyDictionary<EngineKind, Spread> times, TimeSpan within) =>
        effect.Kinds.TryGetValue(engine, out var kind)
            ? Within(effect, what, times.GetValueOrDefault(engine)?.Longest, kind.NotBack, within, TooFewStruck(effect, [engine]))
            : null;

    private static string? TooFewStruck(FaultEffect effect, IEnumerable<EngineKind> engines) => TooFew(effect, engines, kind => kind.Struck, "the struck silo");

    // A sentence, or null when there were enough of each kind.
    private static string? TooFew(FaultEffect effect, IEnumerable<EngineKind> engines, Func<NumbersOfKind, int> count, string who)
    {
        var lacking = engines.Where(engine => effect.Kinds[engine] is var kind && count(kind) < Fewest(kind.Struck + kind.Others))
            .Select(engine => $"{Number(count(effect.Kinds[engine]))} {engine} numbers, and it takes {Number(Fewest(effect.Kinds[engine].Struck + effect.Kinds[engine].Others))} to say something")
            .ToList();
        return lacking is [] ? null : $"{who} had {string.Join("; ", lacking)}";
    }

    private static Target Within(FaultEffect effect, string what, TimeSpan? longest, int without, TimeSpan within, string? tooFew) => new(
        $"{effect.Fault.Name}: {what}",
        $"{(longest is { } time ? Seconds(time) : "none")}{(without == 0 ? "" : $", and {Number(without)} never")}{Aside(tooFew)}",
        $"within {Seconds(within)}", longest <= within && without == 0 && tooFew is null);

    private static string Aside(string? tooFew) => tooFew is null ? "" : $", but {tooFew}";

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s";

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
