using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Loopwave.ApiKeys;

public static class ApiKeyServices
{
    /// <summary>API keys: making them, checking them, counting their requests. Needs an <see cref="IApiKeyStore"/>.</summary>
    public static ISiloBuilder AddApiKeys(this ISiloBuilder silo)
    {
        silo.Services.AddOptions<ApiKeyOptions>().BindConfiguration(ApiKeyOptions.Section)
            .ValidateDataAnnotations().ValidateOnStart();
        silo.Services.TryAddSingleton(TimeProvider.System);
        return silo;
    }
}
