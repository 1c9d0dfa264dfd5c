namespace Loopwave.Cluster;

/// <summary>What a <see cref="LedgerRun"/> sends and receives through, and how it is disturbed.</summary>
internal interface ILedgerTarget
{
    /// <summary>The disturbance that comes next, for the report.</summary>
    string Next { get; }

    /// <summary>How many times a process could not say any more how its connections ended, on a network that others share: dead, frozen, or without its database.</summary>
    int CutOff { get; }

    /// <summary>Starts everything; returns when it can be used.</summary>
    Task Start();

    /// <summary>A client with a key that may do everything. Waits while there is nothing to talk to; two calls may lead to two nodes.</summary>
    Task<HttpClient> Client();

    /// <summary>Lets the next disturbance happen while callers go on; returns when it is over.</summary>
    /// <param name="wereTold">Called at its end when no write could succeed meanwhile: fails unless callers were told so.</param>
    Task Disturb(Action wereTold);

    /// <summary>What the processes themselves say went wrong, for the report of a failing run.</summary>
    string Errors();
}
