namespace Loopwave.Deployment;

/// <summary>
/// Which cluster a process belongs to. Data belongs to one cluster: two that know nothing of each other would both run every number.
/// </summary>
/// <param name="Service">Orleans' service id, under which grain state and reminders are kept.</param>
/// <param name="Id"><c>CLUSTER_ID</c>: those who find each other.</param>
public sealed record ClusterIdentity(string Service, string Id)
{
    /// <summary>The setting that holds whose the data is.</summary>
    public const string Setting = "cluster";

    /// <summary>As the setting holds it.</summary>
    public override string ToString() => $"{Service}/{Id}";

    /// <summary>Makes the data this cluster's when it is nobody's yet; what is wrong, as a sentence, when it is another one's.</summary>
    public async Task<string?> Claim(IDeploymentStore store) => Problem(await store.EnsureSetting(Setting, ToString()));

    /// <param name="owner">Whose the data is, as the setting holds it; null while it is nobody's.</param>
    /// <returns>What is wrong, as a sentence; null when the data may be used.</returns>
    public string? Problem(string? owner)
    {
        if (owner is null || owner == ToString())
        {
            return null;
        }

        var slash = owner.LastIndexOf('/');
        return owner[..Math.Max(slash, 0)] == Service
            ? $"CLUSTER_ID is \"{Id}\", but the database belongs to the cluster \"{owner[(slash + 1)..]}\". Set CLUSTER_ID to that, or give this cluster a database of its own."
            : $"The database belongs to \"{owner}\", and this is \"{this}\". Give this cluster a database of its own.";
    }
}
