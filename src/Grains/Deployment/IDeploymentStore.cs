namespace Loopwave.Deployment;

/// <summary>What belongs to the deployment as a whole.</summary>
public interface IDeploymentStore
{
    /// <summary>The value of a setting; null when it was never set.</summary>
    Task<string?> Setting(string name);

    Task PutSetting(string name, string value);

    /// <summary>Sets a setting that must not change afterwards; the value that is there in the end, ours or an earlier one.</summary>
    Task<string> EnsureSetting(string name, string value);

    /// <summary>Reads and writes a little; throws when storage is not to be had.</summary>
    Task Probe(CancellationToken cancellationToken);

    /// <summary>What a process that runs has to know of its store from time to time.</summary>
    Task<StoreState> State();
}

/// <summary>The store at one moment.</summary>
/// <param name="Now">Its clock, by which leases are measured.</param>
/// <param name="IsNewer">A newer release than this one has changed how data is kept.</param>
public sealed record StoreState(DateTimeOffset Now, bool IsNewer);
