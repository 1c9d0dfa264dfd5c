using Loopwave.Sandbox;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Loopwave.Storage.Sandbox;

public static class SandboxStorageServices
{
    /// <summary>The record of the simulated network in this file, opened when it is first asked for.</summary>
    public static IServiceCollection AddSqliteSandboxRecord(this IServiceCollection services, string path) =>
        services.AddSingleton<ISandboxRecord>(provider =>
            SqliteSandboxRecord.Open(path, provider.GetRequiredService<ILoggerFactory>()));
}
