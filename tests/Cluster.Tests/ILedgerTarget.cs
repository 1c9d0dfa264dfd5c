using Loopwave.Chaos.Load;

namespace Loopwave.Cluster;

/// <summary>What a <see cref="LedgerRun"/> sends and receives through, and how it is disturbed.</summary>
internal interface ILedgerTarget
{
    /// <summary>The disturbance that comes next, for the report.</summary>
    string Next { get; }

    /// <summary>Who answers callers, each with a key that may do everything, and when they were away.</summary>
    ApiNodes Nodes { get; }

    /// <summary>Starts everything; returns when it can be used.</summary>
    Task Start();

    /// <summary>Waits while there is nothing to talk to.</summary>
    Task CanBeAsked() => Task.CompletedTask;

    /// <summary>
    /// How many times the process that had a number could not say any more how its connection ended, on a network that others share: dead,
    /// frozen, or without its database.
    /// </summary>
    int CutOff(string number) => 0;

    /// <summary>Lets the next disturbance happen while callers go on; returns when it is over.</summary>
    /// <param name="numbers">All that there are.</param>
    /// <param name="wereTold">Called at its end when no write could succeed meanwhile: fails unless callers were told so.</param>
    Task Disturb(IReadOnlyList<string> numbers, Action wereTold);

    /// <summary>What the processes themselves say went wrong, for the report of a failing run.</summary>
    string Errors();
}
