using Loopwave.Cluster;
using Loopwave.Configuration;
using Loopwave.Starting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Dashboard;

namespace Loopwave.Api.Cluster;

/// <summary>Reaches the numbers through the silos of a cluster, whichever there are.</summary>
internal static class ClusterClientServices
{
    // Of requests that are under way when the node stops.
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(30);

    public static void AddClusterClient(this WebApplicationBuilder builder, LoopwaveSettings settings, ClusterSettings cluster)
    {
        builder.Services.AddClusterTuning();
        builder.Services.AddSharedMedia(settings);
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton<ClusterConnection>();
        builder.Services.AddHostedService<ClusterProbe>();
        builder.Services.AddHostedService<FirstSteps>();
        builder.Services.AddHostedService<NodeReporter>();
        builder.Services.AddSingleton<Ways>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<Ways>());
        builder.Services.AddSingleton<ProcessAlarms>();
        builder.Services.AddSingleton<ClusterLook>(provider => new ClusterCheck(cluster, provider.GetRequiredService<TimeProvider>()).Look);
        builder.Services.AddSingleton<DatabaseWatch>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<DatabaseWatch>());

        builder.Services.AddSingleton<ConnectionDrain>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<ConnectionDrain>());
        builder.Services.AddOptions<HostOptions>().Configure<IOptions<ApiOptions>>((host, api) => host.ShutdownTimeout = AnswersWithin + api.Value.DrainFor);

        // The port answers also while there is no silo yet; what needs one is told so.
        builder.Services.Configure<HostOptions>(host => host.ServicesStartConcurrently = true);
        builder.Services.AddSingleton<IConnectionListenerFactory>(provider => new NodeListeners(
            () => provider.GetRequiredService<ClusterConnection>().IsThere, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>()));
        builder.UseOrleansClient(client =>
        {
            client.Services.RememberInterfaceTypes();
            if (settings.Traces is not null)
            {
                client.AddActivityPropagation();
            }

            if (settings.OrleansDashboard)
            {
                client.AddDashboard(dashboard => dashboard.HideTrace = true);
            }

            client.Configure<ClusterOptions>(options => (options.ServiceId, options.ClusterId) = (ClusterSettings.Service, cluster.Id));
            client.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", cluster.Postgres));
            client.Services.AddOptions<GatewayOptions>()
                .Configure<IOptions<ClusterTuningOptions>>((gateways, tuning) => gateways.GatewayListRefreshPeriod = tuning.Value.GatewayRefresh);

            // Endpoints are made for a short wait: they repeat nothing by themselves, and callers hear of it in time to do so.
            client.Services.AddOptions<ClientMessagingOptions>().Configure<IOptions<ClusterTuningOptions>>((messaging, tuning) =>
            {
                messaging.ResponseTimeout = tuning.Value.ResponseTimeout;
                messaging.CancelRequestOnTimeout = true;
            });
            client.UseConnectionRetryFilter<ConnectionPatience>();
            client.Services.AddSingleton<IClusterConnectionStatusObserver>(provider => provider.GetRequiredService<ClusterConnection>());
        });
    }
}
