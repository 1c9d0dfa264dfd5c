using System.Globalization;
using System.Runtime.InteropServices;
using Loopwave.Chaos.Ledger;
using Loopwave.Chaos.Load;
using Loopwave.Chaos.Scenarios;
using Loopwave.Chaos.Watching;

namespace Loopwave.Chaos.Reporting;

/// <summary>A figure that a scenario promises something about.</summary>
internal sealed record Target(string What, string Seen, string Wanted, bool IsMet);

/// <summary>All that is known after a run.</summary>
internal sealed record RunReport(
    ChaosPlan Plan,
    TimeSpan Loaded,
    IReadOnlyList<FaultEffect> Effects,
    IReadOnlyList<Target> Targets,
    LedgerResult Ledger,
    Answers Sends,
    Answers Injections,
    Answers Reads,
    int LeftOut,
    IReadOnlyList<MemoryAt> Memory,
    IReadOnlyList<MemoryVerdict> MemoryJudged,
    IReadOnlyList<Violation> Violations)
{
    private const int MostShown = 25;

    public bool IsClean => Violations.Count == 0 && Targets.All(target => target.IsMet);

    public void Print(TextWriter writer)
    {
        writer.WriteLine();
        writer.WriteLine(Say($"scenario {Plan.Scenario}, seed {Plan.Seed}; {Plan.SandboxNumbers} sandbox and {Plan.EmulatedNumbers} WhatsApp numbers on two silos, {Plan.SendsPerSecond} sends/s and {Plan.InboundPerSecond} inbound/s over two API nodes in turn, for {Loaded.TotalSeconds:0} s"));
        writer.WriteLine(Say($"machine: {Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GiB, {RuntimeInformation.OSDescription}; load, silos, engine hosts, API nodes, PostgreSQL and the emulated network share it"));
        PrintFaults(writer);
        PrintLoad(writer);
        PrintLedger(writer);
        PrintMemory(writer);
        PrintTargets(writer);
        PrintViolations(writer);
        writer.WriteLine(IsClean ? "PASSED" : "FAILED");
    }

    private void PrintFaults(TextWriter writer)
    {
        foreach (var effect in Effects)
        {
            writer.WriteLine();
            writer.WriteLine(Say($"{effect.Fault.At:HH:mm:ss.f}  {effect.Fault.Id}: {effect.Fault.Name}, for {(effect.Fault.HealedAt - effect.Fault.At).TotalSeconds:0.0} s"));
            if (effect.TakenOver is { } taken)
            {
                writer.WriteLine($"  taken over after       {taken}");
            }

            foreach (var (engine, ready) in effect.Ready)
            {
                writer.WriteLine($"  {engine.ToString().ToLowerInvariant(),-8} ready after   {ready}");
            }

            foreach (var (engine, shown) in effect.Shown)
            {
                writer.WriteLine($"  {engine.ToString().ToLowerInvariant(),-8} shown away    {shown}");
            }

            foreach (var (engine, away) in effect.Away)
            {
                writer.WriteLine($"  {engine.ToString().ToLowerInvariant(),-8} longest away  {away}");
            }

            if (effect.NotTaken + effect.NotReady > 0)
            {
                writer.WriteLine($"  never taken by another silo {effect.NotTaken}, taken and never ready {effect.NotReady}");
            }

            writer.WriteLine($"  begun meanwhile: {effect.Load}");
            PrintWaits(writer, effect.Waits);
            writer.WriteLine($"  other numbers that left ready: {effect.Disturbed.Count}");
            foreach (var number in effect.Disturbed.Take(5))
            {
                writer.WriteLine($"    {number}");
            }
        }
    }

    private static void PrintWaits(TextWriter writer, FaultWaits waits)
    {
        (string What, IReadOnlyDictionary<int, AskedTimes> Times)[] kinds =
        [
            ("sends for other numbers", waits.OtherSends),
            ("sends for its numbers", waits.StruckSends),
            ("  once these were ready elsewhere", waits.StruckSendsOnceReady),
            ("inbound of other numbers", waits.OtherInjections),
            ("reads", waits.Reads),
            ("sends once it was over", waits.OnceBack),
        ];
        foreach (var (what, times) in kinds)
        {
            foreach (var (node, took) in times)
            {
                writer.WriteLine(Say($"  {what}, API node {node + 1} first: {took}"));
            }
        }

        if (waits.WithoutStorage is { Count: > 0 } answers)
        {
            writer.WriteLine($"  answers without storage: {AnswerPromise.Said(answers)}");
        }
    }

    private void PrintLoad(TextWriter writer)
    {
        writer.WriteLine();
        var done = Sends.Done.ToList();
        writer.WriteLine($"accepted, from the moment it was due: {Latencies(done.Select(one => one.Took))}");
        writer.WriteLine($"  while nothing was wrong:            {Latencies(done.Where(one => !IsDisturbed(one.Due)).Select(one => one.Took))}");
        writer.WriteLine($"looked at, three requests each:       {Latencies(Reads.Done.Select(one => one.Took))}");
        writer.WriteLine(Say($"turns that the load left out: {LeftOut}"));
        writer.WriteLine($"refusals of sends:   {Counts(Sends.Refusals)}");
        writer.WriteLine($"refusals of inbound: {Counts(Injections.Refusals)}");
        writer.WriteLine($"refusals of reads:   {Counts(Reads.Refusals)}");
    }

    private void PrintLedger(TextWriter writer)
    {
        writer.WriteLine();
        writer.WriteLine(Say($"accepted {Ledger.Accepted}, inbound {Ledger.Spoken}: lost {Ledger.Lost}, doubled {Ledger.Doubled}, out of order {Ledger.OutOfOrder}"));
        writer.WriteLine(Say($"repeated under the same id {Ledger.Repeated}; failed and shown as failed {Ledger.Failed}"));
        writer.WriteLine(Say($"connections: overlapping {Ledger.Overlapping}; still open for the network when the next one began {Ledger.Replaced}"));
        if (Ledger.Lingered is { } lingered)
        {
            writer.WriteLine($"  of these, at silos that had lost them and could end them, for {lingered}");
        }
    }

    private void PrintMemory(TextWriter writer)
    {
        writer.WriteLine();
        writer.WriteLine($"memory{(MemoryCheck.CanJudge(Loaded) ? "" : ", not judged: the run is too short")}:");
        foreach (var kind in Memory.GroupBy(reading => reading.Kind))
        {
            var readings = kind.ToList();
            writer.WriteLine(Say($"  all {kind.Key}: {Mega(readings[0])} MB at first, {readings.Max(Mega)} MB at most, {Mega(readings[^1])} MB at the end"));
        }

        foreach (var kind in MemoryJudged)
        {
            writer.WriteLine(Say($"  all {kind.Kind}, judged: {Part(kind.Plateau)} in the second quarter, {Part(kind.End)} in the last"));
        }

        static string Part(MemoryUse? use) => use is null ? "not known" : Say($"{use.ResidentBytes >> 20} MB at an age of {use.Age.TotalMinutes:0.0} min");
    }

    private void PrintTargets(TextWriter writer)
    {
        writer.WriteLine();
        foreach (var target in Targets)
        {
            writer.WriteLine($"{(target.IsMet ? "met   " : "MISSED")}  {target.What}: {target.Seen} (wanted {target.Wanted})");
        }
    }

    private void PrintViolations(TextWriter writer)
    {
        writer.WriteLine();
        foreach (var kind in Violations.GroupBy(violation => violation.Invariant))
        {
            writer.WriteLine($"VIOLATED {kind.Key}, {kind.Count()} times");
            foreach (var violation in kind.Take(MostShown))
            {
                writer.WriteLine($"  {violation.What}");
            }
        }
    }

    private bool IsDisturbed(DateTimeOffset at) => Effects.Any(effect => effect.Fault.At <= at && at <= effect.Fault.HealedAt + TimeSpan.FromSeconds(5));

    private static string Latencies(IEnumerable<TimeSpan> times)
    {
        var sorted = times.Order().ToList();
        return sorted is [] ? "none" : Say($"p50 {Spread.At(sorted, 50).TotalMilliseconds:0} ms, p99 {Spread.At(sorted, 99).TotalMilliseconds:0} ms, longest {sorted[^1].TotalSeconds:0.0} s, of {sorted.Count}");
    }

    private static string Counts(IReadOnlyDictionary<string, int> counts) =>
        counts.Count == 0 ? "none" : string.Join(", ", counts.OrderByDescending(one => one.Value).Select(one => $"{one.Value} x {one.Key}"));

    private static long Mega(MemoryAt reading) => reading.ResidentBytes >> 20;

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
