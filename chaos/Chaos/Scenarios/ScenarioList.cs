namespace Loopwave.Chaos.Scenarios;

/// <summary>The scenarios by their names.</summary>
internal static class ScenarioList
{
    /// <summary>The one that is nothing without a network of its own.</summary>
    public const string NeedsNetwork = "partition";

    /// <summary>Null for a name that is none.</summary>
    public static IScenario? Find(ChaosPlan plan) => plan.Scenario switch
    {
        ChaosPlan.RandomFaults => new RandomFaults(plan),
        "failover" => new Failover(),
        "freeze" => new Freeze(),
        NeedsNetwork => new Partition(),
        "drain" => new Drain(),
        "rolling" => new Rolling(),
        "database" => new StorageAway(),
        "smoke" => new Smoke(),
        _ => null,
    };
}
