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
}
