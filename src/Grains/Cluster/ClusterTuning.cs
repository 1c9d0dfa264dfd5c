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

        // As long as it takes to notice: how long the directory waits before it gives the grains of a lost silo away.
        silo.Services.AddOptions<GrainDirectoryOptions>()
            .Configure<IOptions<ClusterTuningOptions>>((directory, tuning) => directory.RangeLeaseDuration = tuning.Value.MaxProbeTimeout * tuning.Value.MissedProbes);
        return silo;
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
