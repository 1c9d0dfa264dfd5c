using Microsoft.Extensions.Configuration;

namespace Loopwave.Starting;

/// <summary>Where every process reads its configuration from; the later wins.</summary>
public static class ProcessConfiguration
{
    public static IConfigurationBuilder AddLoopwaveSources(this IConfigurationBuilder configuration, string[] arguments) =>
        configuration.AddJsonFile("appsettings.json", optional: true, reloadOnChange: false).AddEnvironmentVariables().AddCommandLine(arguments);
}
