using Loopwave.Api.App;
using Loopwave.Api.Auth;
using Loopwave.Api.Cluster;
using Loopwave.Api.Errors;
using Loopwave.Api.Health;
using Loopwave.Api.OpenApi;
using Loopwave.Api.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Loopwave.Api;

public static class ApiRoutes
{
    /// <summary>Everything under <c>/api</c>. Call it once, before other endpoints are mapped.</summary>
    /// <param name="orleansDashboard">With Orleans' own dashboard, which the host has added to its silo or client.</param>
    public static WebApplication MapLoopwaveApi(this WebApplication app, bool orleansDashboard = false)
    {
        if (app.Services.GetRequiredService<IOptions<OriginOptions>>().Value.Proxies.Count > 0)
        {
            app.UseForwardedHeaders();
        }

        if (app.Services.GetService<ConnectionDrain>() is { } drain)
        {
            app.Use(drain.EndConnection);
        }

        app.UseMiddleware<ErrorResponses>();
        app.UseRouting();
        if (app.Services.GetService<ClusterConnection>() is not null)
        {
            app.UseMiddleware<ClusterGate>();
        }

        app.UseMiddleware<LoadGate>();
        app.UseMiddleware<AccessGate>();
        app.UseMiddleware<BodyLimit>();

        app.MapHealth();
        app.MapV1();
        app.MapApp(orleansDashboard);
        app.MapV1Document();
        EnsureEveryRouteHasAPolicy(app);
        return app;
    }

    private static void MapApp(this IEndpointRouteBuilder routes, bool orleansDashboard)
    {
        var app = routes.MapGroup("/api/app");
        app.MapSessions();
        app.MapApiKeys();
        app.MapCluster();
        if (orleansDashboard)
        {
            app.MapOrleansPages();
        }
    }

    // Deny by default, and find out at start rather than from a stranger.
    private static void EnsureEveryRouteHasAPolicy(IEndpointRouteBuilder routes)
    {
        var open = routes.DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Where(route => route.RoutePattern.RawText?.StartsWith("/api", StringComparison.Ordinal) is true)
            .FirstOrDefault(route => route.Metadata.GetMetadata<AccessPolicy>() is null);
        if (open is not null)
        {
            throw new InvalidOperationException($"The route {open.RoutePattern.RawText} says nothing about who may use it.");
        }
    }
}
