namespace Loopwave.Chaos.Watching;

/// <summary>A fault that happened.</summary>
/// <param name="Id">Its name in the table of faults.</param>
/// <param name="Struck">The silos whose numbers it takes away, by address; empty when numbers should not notice.</param>
/// <param name="At">When it struck.</param>
/// <param name="HealedAt">When it ended: what it took was started again, or let through.</param>
/// <param name="TakesStorage">No silo has storage while it lasts.</param>
internal sealed record FaultRecord(string Id, string Name, IReadOnlyList<string> Struck, DateTimeOffset At, DateTimeOffset HealedAt, bool TakesStorage = false)
{
    /// <summary>When all was as before: a server that was started again can take a while until it can be used.</summary>
    public DateTimeOffset BackAt { get; init; } = HealedAt;

    /// <summary>From when on numbers may move on purpose, since a silo that was started again begins to come back. Whatever goes on before that must leave them alone.</summary>
    public DateTimeOffset MovesFrom { get; init; } = HealedAt;
}
