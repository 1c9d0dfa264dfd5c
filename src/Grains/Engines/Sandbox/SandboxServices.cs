using Loopwave.Engines;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Loopwave.Sandbox;

public static class SandboxServices
{
    /// <summary>
    /// Adds the engine of sandbox numbers. Needs an <see cref="ISandboxRecord"/> and the <see cref="IEngineEvents"/> that
    /// its events go to.
    /// </summary>
    public static IServiceCollection AddSandboxEngine(this IServiceCollection services)
    {
        services.AddSettings<SandboxOptions>("Sandbox").ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<SandboxOptions>>().Value);
        services.AddSingleton(provider => new SandboxDice(provider.GetRequiredService<SandboxOptions>().Seed));
        services.AddSingleton<SandboxAgenda>();
        services.AddSingleton<SandboxScribe>();
        services.AddSingleton<SandboxConsole>();
        services.AddSingleton<SandboxAnswers>();
        services.AddSingleton<SandboxHistoryBook>();
        services.AddSingleton<SandboxNetwork>();
        services.AddSingleton<SandboxLinking>();
        services.AddSingleton<SandboxPump>();
        services.AddSingleton<SandboxClient>();
        services.AddSingleton<SandboxControl>();
        services.AddSingleton<IEngine, SandboxEngine>();
        return services;
    }
}
