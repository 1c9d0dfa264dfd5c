using System.Globalization;
using Loopwave.Chaos.Reporting;
using Loopwave.Chaos.Watching;

namespace Loopwave.Chaos.Scenarios;

/// <summary>What is promised of the numbers when something happens to their silo.</summary>
internal static class Promise
{
    public static Target TakenOver(FaultEffect effect, TimeSpan within) =>
        Within($"{effect.Fault.Name}: all numbers taken over", effect.TakenOver?.Longest, effect.NotTaken, within);

    /// <summary>Null when the silo had no such number.</summary>
    public static Target? Ready(FaultEffect effect, EngineKind engine, TimeSpan within) => effect.Ready.TryGetValue(engine, out var ready)
        ? Within($"{effect.Fault.Name}: all {engine} numbers ready", ready.Longest, effect.NotReady, within)
        : null;

    /// <summary>Of a silo that was asked to stop: no number is away for longer than its own reconnect takes.</summary>
    public static IEnumerable<Target> HandedOver(FaultEffect effect) =>
        new[] { Away(effect, EngineKind.Sandbox, TimeSpan.FromSeconds(2)), Away(effect, EngineKind.WhatsApp, TimeSpan.FromSeconds(5)) }.OfType<Target>();

    // Null when none of that kind was away at all.
    private static Target? Away(FaultEffect effect, EngineKind engine, TimeSpan within) => effect.Away.TryGetValue(engine, out var away)
        ? Within($"{effect.Fault.Name}: no {engine} number away for longer", away.Longest, effect.NotReady, within)
        : null;

    public static Target NobodyElse(FaultEffect effect) =>
        new($"{effect.Fault.Name}: other numbers that left ready", Number(effect.Disturbed.Count), "0", effect.Disturbed.Count == 0);

    /// <summary>Of two silos that do not hear each other one ends, and the other one stays: with both gone there is nobody to disturb.</summary>
    public static Target OneStayed(FaultEffect effect) =>
        new($"{effect.Fault.Name}: silos that ended", Number(effect.Fault.Struck.Count), "1", effect.Fault.Struck.Count == 1);

    private static Target Within(string what, TimeSpan? longest, int without, TimeSpan within) => new(
        what, longest is { } time ? $"{Seconds(time)}{(without == 0 ? "" : $", and {without} never")}" : "none",
        $"within {Seconds(within)}", longest <= within && without == 0);

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s";

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
