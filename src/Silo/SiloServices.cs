using Loopwave.ApiKeys;
using Loopwave.Clock;
using Loopwave.Cluster;
using Loopwave.Configuration;
using Loopwave.Numbers;
using Loopwave.Outbound;
using Loopwave.Sandbox;
using Loopwave.Team;
using Loopwave.WhatsApp;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Dashboard;

namespace Loopwave;

/// <summary>What every silo has, whether it is a deployment of its own or one of many. Storage and clustering come from the two that call it.</summary>
internal static class SiloServices
{
    // Numbers close their connections one after the other while the silo stops; a supervisor waits 30 s before it kills.
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(25);

    /// <param name="outbound">Networks that may be fetched from besides public addresses, unless the operator names others.</param>
    public static void AddNumbersAndEngines(this IServiceCollection services, LoopwaveSettings settings, string[] outbound)
    {
        services.AddSingleton<TimeProvider>(new ForwardClock(TimeProvider.System));
        services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        services.AddClusterTuning();
        services.AddNumbers();
        services.AddSandboxEngine();
        services.AddWhatsAppEngine(engine =>
        {
            engine.Version = settings.WhatsAppVersion;
            engine.WebSocketUrl = settings.WhatsAppSocket;
            engine.Hosts = settings.EngineHosts;
        });
        services.Configure<OutboundOptions>(options => options.Allow =
            settings.OutboundAllow is { } allowed ? [.. allowed.Select(network => network.ToString())] : [.. outbound]);
    }

    /// <summary>Calls of grains go on with the trace of the request that they serve, where traces are wanted.</summary>
    public static void AddTraces(this ISiloBuilder silo, LoopwaveSettings settings)
    {
        if (settings.Traces is not null)
        {
            silo.AddActivityPropagation();
        }
    }

    /// <summary>What Orleans' own dashboard asks of silos, where it is wanted. API nodes show it.</summary>
    public static void AddOrleansDashboard(this ISiloBuilder silo, LoopwaveSettings settings)
    {
        if (settings.OrleansDashboard)
        {
            silo.AddDashboard(dashboard => dashboard.HideTrace = true);
        }
    }

    /// <summary>What goes into the silo, after the numbers: what starts later stops earlier, and a grain needs its process' lease to the end.</summary>
    public static void AddTeamAndKeys(this ISiloBuilder silo)
    {
        silo.Services.AddApiKeys();
        silo.Services.AddTeam();
        silo.Services.AddOptions<SiloMessagingOptions>().Configure<IOptions<ClusterTuningOptions>>((messaging, tuning) =>
        {
            messaging.ResponseTimeout = tuning.Value.ResponseTimeout;
            messaging.CancelRequestOnTimeout = true;
        });
    }
}
