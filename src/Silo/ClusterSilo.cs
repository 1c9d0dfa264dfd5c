using System.Net;
using System.Net.Sockets;
using Loopwave.Cluster;
using Loopwave.Configuration;
using Loopwave.Starting;
using Loopwave.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace Loopwave;

/// <summary>A silo that is one of many: PostgreSQL holds who belongs to the cluster, and the data, unless that is in MongoDB.</summary>
public static class ClusterSilo
{
    public static void AddClusterSilo(this IHostApplicationBuilder builder, LoopwaveSettings settings, ClusterSettings cluster)
    {
        var identity = cluster.Identity;
        AddData(builder.Services, settings, cluster);
        builder.Services.AddSharedMedia(settings);
        builder.Services.AddNumbersAndEngines(settings, outbound: []);
        builder.Services.AddStoreWatch();
        builder.UseOrleans(silo =>
        {
            silo.Services.RememberInterfaceTypes();
            silo.Configure<ClusterOptions>(options => (options.ServiceId, options.ClusterId) = (identity.Service, identity.Id));
            silo.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", cluster.Postgres));
            _ = settings.Mongo is null ? silo.UsePostgresStorage() : silo.UsePostgresReminders().UseMongoGrainState();
            silo.UseClusterTuning();
            silo.AddIncomingGrainCallFilter<StorageErrors>();
            silo.AddTeamAndKeys();
            silo.AddTraces(settings);
            silo.AddOrleansDashboard(settings);
            silo.Configure<SiloOptions>(options => options.SiloName = $"{Environment.MachineName}:{cluster.SiloPort}");
            silo.Configure<EndpointOptions>(endpoint => Listen(endpoint, cluster));
            silo.Services.AddSingleton<SiloPorts>();
            silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(services => services.GetRequiredService<SiloPorts>());
        });
    }

    private static void AddData(IServiceCollection services, LoopwaveSettings settings, ClusterSettings cluster)
    {
        var key = Convert.ToBase64String(settings.CredentialsKey ?? []);
        var postgres = new PostgresStorageOptions { Uri = cluster.Postgres, CredentialsKey = key, Cluster = cluster.Identity };
        if (settings.Mongo is { } mongo)
        {
            services.AddPostgresForOrleans(postgres);
            services.AddMongoStorage(new MongoStorageOptions { Uri = mongo, CredentialsKey = key, Cluster = cluster.Identity });
            services.AddMongoSandboxRecord();
        }
        else
        {
            services.AddPostgresStorage(postgres);
        }
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
            var everywhere = cluster.SiloAddress?.AddressFamily is AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any;
            endpoint.SiloListeningEndpoint = new IPEndPoint(everywhere, cluster.SiloPort);
            endpoint.GatewayListeningEndpoint = new IPEndPoint(everywhere, cluster.GatewayPort);
        }
    }
}
