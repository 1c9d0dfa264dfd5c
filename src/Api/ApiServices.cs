using System.Text.Json.Serialization.Metadata;
using Loopwave.Api.Auth;
using Loopwave.Api.OpenApi;
using Loopwave.Api.V1;
using Loopwave.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Loopwave.Api;

public static class ApiServices
{
    /// <summary>
    /// What HTTP needs. The host brings an <see cref="IGrainFactory"/> (a silo of its own or a client of a cluster) and
    /// an <see cref="Media.IMediaFiles"/>.
    /// </summary>
    public static IServiceCollection AddLoopwaveApi(this IServiceCollection services)
    {
        services.AddSettings<ApiOptions>(ApiOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<OriginOptions>().BindConfiguration("").ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<OriginOptions>, OriginOptionsCheck>());
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<ClusterGrains>();
        services.AddSingleton<Credentials>();

        services.ConfigureHttpJsonOptions(json =>
        {
            PublicJson.Apply(json.SerializerOptions);
            json.SerializerOptions.RespectNullableAnnotations = true;
            json.SerializerOptions.TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { Flattened.Apply, BodyRules.Apply } };
        });

        // A request that can't be read throws in every environment, so that one place words all answers.
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<ApiOptions>>(Limit);
        services.AddOptions<ForwardedHeadersOptions>().Configure<IOptions<OriginOptions>>(Trust);
        services.AddRouting();
        services.AddV1Document();
        return services;
    }

    private static void Limit(KestrelServerOptions kestrel, IOptions<ApiOptions> options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = options.Value.MaxBodyBytes;
        kestrel.Limits.MaxConcurrentConnections = options.Value.MaxConnections;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
    }

    // Nobody is trusted unless the operator says so, not even this machine: forwarded addresses decide throttling.
    private static void Trust(ForwardedHeadersOptions forwarded, IOptions<OriginOptions> origin)
    {
        forwarded.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
        forwarded.ForwardLimit = null;
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var network in origin.Value.Proxies)
        {
            forwarded.KnownIPNetworks.Add(network);
        }
    }
}
