using Loopwave.Chats;
using Loopwave.Cluster;
using Loopwave.Deployment;
using Loopwave.Engines;
using Loopwave.Media;
using Loopwave.Messages;
using Loopwave.Outbound;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Loopwave.Numbers;

/// <summary>Registers numbers, chats, messages and media. Storage, engines and <c>IMediaFiles</c> are picked by the host.</summary>
public static class NumberServices
{
    public static IServiceCollection AddNumbers(this IServiceCollection services)
    {
        services.AddSettings<NumberOptions>("Numbers").ValidateDataAnnotations()
            .Validate(options => options.ShortestGap <= options.LongestGap, "Numbers:ShortestGap must not be above Numbers:LongestGap.")
            .ValidateOnStart();
        services.AddSettings<MediaOptions>("Media").ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<OutboundOptions>()
            .Validate(options => options.IsValid, "OUTBOUND_ALLOW must hold networks such as 10.0.0.0/8, separated by commas.")
            .ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.AddSingleton<NumberMetrics>();
        services.AddSingleton<SendMetrics>();
        services.AddSingleton<ClusterMetrics>();
        services.AddSingleton<IEngineEvents, EngineEventsToGrains>();
        services.AddSettings<LeaseOptions>("Lease").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<OtherSilos>();
        services.AddSingleton<SilentSilos>();
        services.AddHostedService(provider => provider.GetRequiredService<SilentSilos>());
        services.AddSingleton<SiloEnd>();
        services.AddPlacementDirector<AtSiloPlacement, AtSiloPlacementDirector>();
        services.AddSingleton<SiloLease>();
        services.AddHostedService(provider => provider.GetRequiredService<SiloLease>());
        services.AddSingleton<InstallSecrets>();
        services.AddHostedService(provider => provider.GetRequiredService<InstallSecrets>());
        services.AddSingleton<ClientVersion>();
        services.AddSingleton<ConnectTurns>();
        services.AddSingleton<NumberContext>();
        services.AddSingleton<NumberPorts>();
        services.AddSingleton<NumberEngines>();
        services.AddSingleton<NumberReach>();
        services.AddSingleton<ChatFinder>();
        services.AddSingleton<OutboundAddresses>();
        services.AddSingleton<OutboundHttp>();
        services.AddSingleton<OwnershipReleases>();
        services.AddSingleton<ProcessAlarms>();
        services.AddSingleton<LocalNumbers>();
        services.AddSingleton<SiloChoice>();
        services.AddSingleton<NumberMoves>();
        services.AddSingleton<NumberBalance>();
        services.AddSingleton<SiloDrain>();
        services.AddSingleton<ISiloDrain>(provider => provider.GetRequiredService<SiloDrain>());
        services.AddPlacementDirector<NumberPlacement, NumberPlacementDirector>();
        services.AddSingleton<SiloReporter>();
        services.AddHostedService(provider => provider.GetRequiredService<SiloReporter>());
        services.AddHostedService<RestBeforeStop>();
        services.AddSingleton<Reconcilers>();
        services.AddHostedService<SiloWatch>();
        services.AddHostedService<SweepSchedule>();
        services.AddSingleton<FirstSilo>();
        services.AddSingleton<MediaEviction>();
        services.AddHostedService<MediaUpkeep>();
        return services;
    }
}
