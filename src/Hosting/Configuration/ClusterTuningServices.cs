using Loopwave.Cluster;
using Microsoft.Extensions.DependencyInjection;

namespace Loopwave.Configuration;

/// <summary>What silos and API nodes are told about each other. No setting may make them break what is promised of a silo that is gone.</summary>
public static class ClusterTuningServices
{
    // A killed silo is taken over within 5 seconds with this, measured: its connections end with it, so that most questions fail at once.
    private static readonly TimeSpan UntilKilledIsFound = TimeSpan.FromSeconds(6);

    // One that stands still is taken over within 25 seconds; up to 5 of them, measured, are no waits that are set.
    private static readonly TimeSpan UntilHungIsFound = TimeSpan.FromSeconds(20);

    public static IServiceCollection AddClusterTuning(this IServiceCollection services)
    {
        services.AddSettings<ClusterTuningOptions>(ClusterTuningOptions.Section).ValidateDataAnnotations()
            .Validate(options => options.ProbeTimeout <= options.MaxProbeTimeout, "Cluster:ProbeTimeout must not be above Cluster:MaxProbeTimeout.")
            .Validate(
                options => options.ProbeTimeout * options.MissedProbes <= UntilKilledIsFound,
                "Cluster:ProbeTimeout times Cluster:MissedProbes must be at most 6 seconds: a killed silo is to be replaced within 5 seconds, for which most of that is needed.")
            .Validate(
                options => (options.MaxProbeTimeout * options.MissedProbes) + options.GatewayRefresh <= UntilHungIsFound,
                "Cluster:MaxProbeTimeout times Cluster:MissedProbes plus Cluster:GatewayRefresh must be at most 20 seconds: a silo that stands still is to be replaced within 25 seconds.")
            .ValidateOnStart();
        return services;
    }
}
