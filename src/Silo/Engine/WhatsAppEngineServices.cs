using Loopwave.Engines;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Loopwave.WhatsApp;

public static class WhatsAppEngineServices
{
    /// <summary>
    /// Adds the engine of real numbers. Needs the <see cref="IEngineEvents"/> that its events go to. Nothing is started
    /// before the first such number opens.
    /// </summary>
    public static IServiceCollection AddWhatsAppEngine(this IServiceCollection services, Action<WhatsAppEngineOptions> configure)
    {
        services.Configure(configure);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new HostFolders(Path.GetTempPath(), provider.GetRequiredService<ILogger<HostFolders>>()));
        services.AddHostedService(provider => provider.GetRequiredService<HostFolders>());
        services.TryAddSingleton<IHostLauncher, NodeLauncher>();
        services.AddSingleton<EngineHosts>();
        services.AddHostedService(provider => provider.GetRequiredService<EngineHosts>());
        services.AddSingleton<IEngine, WhatsAppEngine>();
        return services;
    }
}
