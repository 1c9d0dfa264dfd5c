using Loopwave.Numbers;

namespace Loopwave.Cluster;

/// <summary>
/// What silos tell of themselves, and what operators want of them. A view only: who may act for a number is
/// <see cref="IOwnershipStore"/>'s to say.
/// </summary>
public interface ISiloStore
{
    /// <summary>
    /// Tells how a silo is, for as long as <paramref name="timeToLive"/> by the store's clock. Returns whether it is to drain.
    /// What is out of date for a day is deleted.
    /// </summary>
    Task<bool> Report(SiloReport report, TimeSpan timeToLive);

    /// <summary>
    /// The silos whose last report still counts, by their names; one that is to drain, or to drain no more, is shown so from that
    /// moment.
    /// </summary>
    Task<IReadOnlyList<SiloReport>> Reports();

    /// <summary>Says whether a silo is to drain; false when it has never reported.</summary>
    Task<bool> Drain(string silo, bool drain);

    /// <summary>A silo has ended: its report counts no more.</summary>
    Task Forget(string silo);

    /// <summary>
    /// How many committed events wait for webhooks, and since when. In SQL a count by position: exact as long as events leave in the
    /// order they came, and never too small. In MongoDB exact up to 100,000, and above that what the server estimates.
    /// </summary>
    Task<OutboxView> Outbox();
}

/// <summary>How a silo is.</summary>
public sealed record SiloReport
{
    /// <summary>Its address with the time of its start, as <see cref="SiloAddress.ToParsableString"/> writes it.</summary>
    public required string Silo { get; init; }

    public required string Name { get; init; }

    public required SiloState State { get; init; }

    /// <summary>It drains because it is about to end, which nobody can call off.</summary>
    public bool IsStopping { get; init; }

    public required string Version { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The numbers at work here, by what they show.</summary>
    public required IReadOnlyDictionary<NumberStatus, int> Numbers { get; init; }

    public required int Queued { get; init; }

    public required long MemoryBytes { get; init; }

    public required double CpuCores { get; init; }

    /// <summary>What is wrong with it alone.</summary>
    public IReadOnlyList<AlarmView> Alarms { get; init; } = [];

    /// <summary>What an operator has said since counts already.</summary>
    public SiloReport Wanted(bool drain) => (drain, State) switch
    {
        (true, SiloState.Active) => this with { State = SiloState.Draining },
        (false, not SiloState.Active) when !IsStopping => this with { State = SiloState.Active },
        _ => this,
    };

    internal int Count => Numbers.Values.Sum();

    internal SiloView View() => new(Silo, Name, State, Version, StartedAt, Numbers, Queued, MemoryBytes, CpuCores, Alarms);
}
