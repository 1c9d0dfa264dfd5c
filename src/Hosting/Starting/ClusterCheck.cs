using Loopwave.Cluster;
using Loopwave.Configuration;
using Loopwave.Deployment;
using Loopwave.Storage;

namespace Loopwave.Starting;

/// <summary>
/// What is wrong between a process and its database, one sentence by its code of <see cref="AlarmCodes"/>, null for what is not. Null
/// altogether while nothing can be said: the database is away, or no silo has ever used it.
/// </summary>
public delegate Task<IReadOnlyDictionary<string, string?>?> ClusterLook(CancellationToken cancellationToken);

/// <summary>Whether a process that keeps no data fits the database in which it finds the silos.</summary>
public sealed class ClusterCheck(ClusterSettings cluster, TimeProvider clock)
{
    /// <inheritdoc cref="ClusterLook"/>
    public async Task<IReadOnlyDictionary<string, string?>?> Look(CancellationToken cancellationToken) =>
        await ClusterDatabase.Look(cluster.Postgres, clock, cancellationToken) is { } database
            ? new Dictionary<string, string?>
            {
                [AlarmCodes.WrongCluster] = cluster.Identity.Problem(database.Owner),
                [AlarmCodes.ClockSkew] = ClockSkew.Problem(database.Skew),
            }
            : null;
}
