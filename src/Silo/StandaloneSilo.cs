using System.Net;
using System.Net.Sockets;
using Loopwave.Configuration;
using Loopwave.Media;
using Loopwave.Sandbox;
using Loopwave.Storage;
using Loopwave.Storage.Sandbox;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace Loopwave;

/// <summary>A silo that is a deployment of its own: one machine, nothing beside it, its data in files, or in MongoDB.</summary>
public static class StandaloneSilo
{
    // One machine is often tried out beside what it fetches from. Link-local addresses are refused whatever stands here.
    private static readonly string[] OwnNetworks =
        ["127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];

    public static void AddStandaloneSilo(this IHostApplicationBuilder builder, LoopwaveSettings settings)
    {
        AddData(builder.Services, settings);
        builder.Services.AddSqliteSandboxRecord(Path.Combine(settings.DataDirectory, "sandbox.db"));
        builder.Services.AddNumbersAndEngines(settings, OwnNetworks);
        builder.UseOrleans(silo =>
        {
            silo.Services.RememberInterfaceTypes();
            silo.UseLocalhostClustering(serviceId: "loopwave", clusterId: "standalone");
            _ = settings.Mongo is null ? silo.UseSqliteStorage() : silo.UseMongoGrainState().UseMongoReminders();
            silo.AddTeamAndKeys();
            silo.AddTraces(settings);
            silo.AddOrleansDashboard(settings);
            silo.Configure<EndpointOptions>(ListenNowhereElse);
        });
    }

    /// <summary>
    /// Opens the data before anything uses it, so that whatever is wrong with it is one sentence. Waits for a database that cannot be reached.
    /// </summary>
    /// <exception cref="StorageStartException">The data cannot be opened, and trying again changes nothing.</exception>
    public static async Task OpenData(this IServiceProvider services)
    {
        // The deployment's own data first: it holds the lock that keeps a second process away from both.
        if (services.GetService<MongoStorage>() is { } mongo)
        {
            await mongo.Open(services.GetRequiredService<TimeProvider>(), CancellationToken.None);
        }
        else
        {
            services.GetRequiredService<SqliteStorage>();
        }

        services.GetRequiredService<ISandboxRecord>();
        services.GetRequiredService<IMediaFiles>();
    }

    private static void AddData(IServiceCollection services, LoopwaveSettings settings)
    {
        var local = new LocalDataOptions
        {
            DataDirectory = settings.DataDirectory,
            AuthDirectory = settings.AuthDirectory,
            MediaDirectory = settings.MediaDirectory,
            MediaIsElsewhere = settings.MediaBucket is not null,
            CredentialsKey = settings.CredentialsKey is { } key ? Convert.ToBase64String(key) : null,
        };
        if (settings.Mongo is { } mongo)
        {
            services.AddMongoStorage(new MongoStorageOptions { Uri = mongo, Local = local });
        }
        else
        {
            services.AddSqliteStorage(new SqliteStorageOptions(local));
        }

        if (settings.MediaBucket is { } bucket)
        {
            services.AddMediaBucket(bucket, settings.MediaDirectory, process: null);
        }
    }

    // A silo wants a port even when it is alone. A free one lets two deployments share a machine, and without a gateway
    // the only way in is the HTTP API.
    private static void ListenNowhereElse(EndpointOptions endpoint)
    {
        endpoint.AdvertisedIPAddress = IPAddress.Loopback;
        endpoint.SiloPort = FreePort();
        endpoint.GatewayPort = 0;
        endpoint.SiloListeningEndpoint = new IPEndPoint(IPAddress.Loopback, endpoint.SiloPort);
        endpoint.GatewayListeningEndpoint = null;
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
