using System.Net;
using System.Net.Sockets;
using Loopwave.ApiKeys;
using Loopwave.Clock;
using Loopwave.Configuration;
using Loopwave.Numbers;
using Loopwave.Outbound;
using Loopwave.Sandbox;
using Loopwave.Storage;
using Loopwave.Storage.Sandbox;
using Loopwave.Team;
using Loopwave.WhatsApp;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace Loopwave;

/// <summary>The silo role: which storage, engines and clustering the grains run on.</summary>
public static class SiloServices
{
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(10);

    // Numbers close their connections one after the other while the silo stops; a supervisor waits 30 s before it kills.
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(25);

    // One machine is often tried out beside what it fetches from. Link-local addresses are refused whatever stands here.
    private static readonly string[] OwnNetworks =
        ["127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];

    /// <summary>Adds a silo that is a deployment of its own: one machine, nothing beside it.</summary>
    public static void AddLoopwaveSilo(this IHostApplicationBuilder builder, LoopwaveSettings settings)
    {
        builder.Services.AddSingleton<TimeProvider>(new ForwardClock(TimeProvider.System));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        builder.Services.AddSqliteStorage(new SqliteStorageOptions
        {
            DataDirectory = settings.DataDirectory,
            AuthDirectory = settings.AuthDirectory,
            MediaDirectory = settings.MediaDirectory,
            CredentialsKey = settings.CredentialsKey is { } key ? Convert.ToBase64String(key) : null,
        });
        builder.Services.AddNumbers();
        builder.Services.AddSqliteSandboxRecord(Path.Combine(settings.DataDirectory, "sandbox.db"));
        builder.Services.AddSandboxEngine();
        builder.Services.AddWhatsAppEngine(engine =>
        {
            engine.Version = settings.WhatsAppVersion;
            engine.WebSocketUrl = settings.WhatsAppSocket;
            engine.Hosts = settings.EngineHosts;
        });
        builder.Services.Configure<OutboundOptions>(outbound => outbound.Allow =
            settings.OutboundAllow is { } allowed ? [.. allowed.Select(network => network.ToString())] : OwnNetworks);

        // After the numbers: what starts later stops earlier, and a grain needs its process' lease to the end.
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(serviceId: "loopwave", clusterId: "standalone");
            silo.UseSqliteStorage();
            silo.Services.AddApiKeys();
            silo.Services.AddTeam();
            silo.Configure<EndpointOptions>(ListenNowhereElse);
            silo.Configure<SiloMessagingOptions>(messaging =>
            {
                messaging.ResponseTimeout = ResponseTimeout;
                messaging.CancelRequestOnTimeout = true;
            });
        });
    }

    /// <summary>Opens the data before anything uses it, so that whatever is wrong with it is one sentence.</summary>
    /// <exception cref="StorageStartException">The data cannot be opened, and trying again changes nothing.</exception>
    public static void OpenData(this IServiceProvider services)
    {
        // The deployment's own data first: it holds the lock that keeps a second process away from both.
        services.GetRequiredService<SqliteStorage>();
        services.GetRequiredService<ISandboxRecord>();
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
