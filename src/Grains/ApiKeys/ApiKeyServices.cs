using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Loopwave.ApiKeys;

public static class ApiKeyServices
{
    /// <summary>API keys: making them, checking them, counting their requests. Needs an <see cref="IApiKeyStore"/>.</summary>
    public static IServiceCollection AddApiKeys(this IServiceCollection services)
    {
        services.AddSettings<ApiKeyOptions>(ApiKeyOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        return services;
    }
}
