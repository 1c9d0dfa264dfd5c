using Loopwave.Chaos.Faults;
using Loopwave.Chaos.Load;
using Loopwave.Chaos.Watching;

namespace Loopwave.Chaos.Ledger;

/// <summary>Which connections a fault may have kept open for their network.</summary>
internal static class CutOffs
{
    // Once a fault is over, numbers are connected again within this time; what is still open later was kept open by something else.
    private static readonly TimeSpan SandboxLate = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan WhatsAppLate = Recovery.Patience;

    public static IEnumerable<CutOff> Of(IFault fault, FaultRecord record, Ownership ownership, IEnumerable<Line> lines)
    {
        // A number can come to a silo while it is struck already.
        var there = record.Struck.SelectMany(silo => ownership.During(silo, record.At, record.HealedAt)).ToHashSet();
        var isEverywhere = record.Struck is [] && !fault.StrikesByChance;
        return lines.Where(line => isEverywhere || there.Contains(line.Id)).Select(line => Of(fault, record, ownership, line)).OfType<CutOff>();
    }

    private static CutOff? Of(IFault fault, FaultRecord record, Ownership ownership, Line line)
    {
        if (fault.CutsOff(line.Engine))
        {
            var over = fault.TakesStorage ? record.BackAt : record.HealedAt;
            return new(line.Id, record.At, record.HealedAt, over + (line.Engine is EngineKind.Sandbox ? SandboxLate : WhatsAppLate));
        }

        return fault.ClosesWithin(line.Engine) is { } within && ownership.TakenAfter(line.Id, record.At, record.Struck) is { } taken
            ? new(line.Id, taken.At, taken.At, taken.At + within) { LostAt = taken.At }
            : null;
    }
}
