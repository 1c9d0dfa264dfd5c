using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Loopwave.Cluster;

/// <summary>How a cluster of several silos notices that one is gone, and what its grains do about it.</summary>
public static class ClusterTuning
{
    /// <summary>
    /// As <see cref="ClusterTuningOptions"/> has it: by default a killed silo is noticed within about 3 seconds and a hung one within about 17,
    /// measured with three silos. The default
    /// grain directory would tear down most grains of the survivors as well when a silo dies, and with them their numbers'
    /// connections; the distributed one keeps them.
    /// </summary>
    public static ISiloBuilder UseClusterTuning(this ISiloBuilder silo)
    {
#pragma warning disable ORLEANSEXP003 // Experimental; it may run beside silos with the other directory.
        silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003
        silo.Services.AddOptions<ClusterMembershipOptions>().Configure<IOptions<ClusterTuningOptions>>((membership, tuning) => Tune(membership, tuning.Value));

        silo.Services.AddOptions<GrainDirectoryOptions>().Configure<IOptions<ClusterTuningOptions>>((directory, tuning) => Tune(directory, tuning.Value));
        return silo;
    }

    private static void Tune(GrainDirectoryOptions directory, ClusterTuningOptions tuning)
    {
        // As long as it takes to notice: how long the directory waits before it gives the grains of a lost silo away.
        directory.RangeLeaseDuration = tuning.MaxProbeTimeout * tuning.MissedProbes;

        // Where a number is, even on its own silo, is asked of the directory once it was not called from there for so long; that part of the
        // directory can lie on a silo that stands still. About 200 bytes each; what is not true any more is put right by the silo that is asked.
        directory.MaximumCacheTTL = TimeSpan.FromDays(1);
        directory.CacheSize = 250_000;
    }

    private static void Tune(ClusterMembershipOptions membership, ClusterTuningOptions tuning)
    {
        membership.ProbeTimeout = tuning.ProbeTimeout;
        membership.MinProbeTimeout = tuning.ProbeTimeout / 2;
        membership.MaxProbeTimeout = tuning.MaxProbeTimeout;
        membership.NumMissedProbesLimit = tuning.MissedProbes;
        membership.TableRefreshTimeout = TimeSpan.FromSeconds(10);
        membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
        membership.DefunctSiloExpiration = TimeSpan.FromDays(1);
    }
}
