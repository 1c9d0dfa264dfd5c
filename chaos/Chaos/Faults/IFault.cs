using Loopwave.Chaos.Cluster;

namespace Loopwave.Chaos.Faults;

/// <summary>Something bad, or a person, that happens to a running cluster.</summary>
internal interface IFault
{
    /// <summary>Its name in the table of faults, F1 to F22.</summary>
    string Id { get; }

    string Name { get; }

    /// <summary>Numbers of the silos whose numbers it takes away. Where chance decides, known only once it has lasted.</summary>
    IReadOnlyList<int> Struck => [];

    /// <summary>Chance decides which silo that is, and whether it is any.</summary>
    bool StrikesByChance => false;

    /// <summary>How long it lasts; null until the numbers that it took away are ready elsewhere.</summary>
    TimeSpan? Length { get; }

    /// <summary>
    /// Connections of the struck silos may still be open for their network when the next ones begin: nobody was left to end them, or
    /// to say so. Of all silos when it strikes none.
    /// </summary>
    bool CutsOff(EngineKind network) => false;

    /// <summary>
    /// How long after another silo took a number the struck one may need until it has closed its connection, which it is there to do; null where it has to be closed
    /// before, or <see cref="CutsOff"/>.
    /// </summary>
    TimeSpan? ClosesWithin(EngineKind network) => null;

    /// <summary>No silo has storage while it lasts.</summary>
    bool TakesStorage => false;

    /// <summary>A struck silo whose numbers another one took meanwhile must end when it goes on.</summary>
    bool EndsOnceTaken => false;

    Task Strike(ChaosCluster cluster);

    /// <summary>Makes everything as before; returns when that is so.</summary>
    Task Heal(ChaosCluster cluster) => Task.CompletedTask;
}
