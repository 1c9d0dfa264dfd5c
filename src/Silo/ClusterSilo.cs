using System.Net;
using Loopwave.Cluster;
using Loopwave.Configuration;
using Loopwave.Storage;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace Loopwave;

/// <summary>A silo that is one of many: PostgreSQL holds the data, and who belongs to the cluster.</summary>
public static class ClusterSilo
{
    public static void AddClusterSilo(this IHostApplicationBuilder builder, LoopwaveSettings settings, ClusterSettings cluster)
    {
        builder.Services.AddPostgresStorage(new PostgresStorageOptions
        {
            Uri = cluster.Postgres,
            CredentialsKey = Convert.ToBase64String(settings.CredentialsKey ?? []),
        });
        builder.Services.AddSharedMedia(settings);
        builder.Services.AddNumbersAndEngines(settings, outbound: []);
        builder.UseOrleans(silo =>
        {
            silo.Configure<ClusterOptions>(options => (options.ServiceId, options.ClusterId) = ("loopwave", cluster.Id));
            silo.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", cluster.Postgres));
            silo.UsePostgresStorage();
            silo.UseClusterTuning();
            silo.AddIncomingGrainCallFilter<StorageErrors>();
            silo.AddTeamAndKeys();
            silo.AddTraces(settings);
            silo.Configure<SiloOptions>(options => options.SiloName = $"{Environment.MachineName}:{cluster.SiloPort}");
            silo.Configure<EndpointOptions>(endpoint => Listen(endpoint, cluster));
        });
    }

    private static void Listen(EndpointOptions endpoint, ClusterSettings cluster)
    {
        endpoint.SiloPort = cluster.SiloPort;
        endpoint.GatewayPort = cluster.GatewayPort;
        if (cluster.SiloAddress is { } address)
        {
            endpoint.AdvertisedIPAddress = address;
        }

        // A loopback address is told when all processes are on one machine: then nobody else is to come in.
        if (cluster.SiloAddress is not { } own || !IPAddress.IsLoopback(own))
        {
            endpoint.SiloListeningEndpoint = new IPEndPoint(IPAddress.Any, cluster.SiloPort);
            endpoint.GatewayListeningEndpoint = new IPEndPoint(IPAddress.Any, cluster.GatewayPort);
        }
    }
}
