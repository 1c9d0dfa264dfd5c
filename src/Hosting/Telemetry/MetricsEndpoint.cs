using Loopwave.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Metrics;

namespace Loopwave.Telemetry;

/// <summary>
/// <c>/metrics</c> in Prometheus' text format: what this process measures, for whoever watches it. It is no part of the API, and
/// the proxy in front of that does not pass it on.
/// </summary>
public static class MetricsEndpoint
{
    private const string Path = "/metrics";

    private static readonly string[] Meters =
    [
        TelemetryNames.Meter, "Microsoft.Orleans", "System.Runtime", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel",
    ];

    /// <summary>Collects what <see cref="MapLoopwaveMetrics"/> shows; nothing is measured while the operator has switched that off.</summary>
    public static void AddLoopwaveMetrics(this IHostApplicationBuilder builder, LoopwaveSettings settings)
    {
        if (settings.HasMetrics)
        {
            builder.Services.AddOpenTelemetry()
                .ConfigureResource(resource => resource.AddLoopwave(settings))
                .WithMetrics(metrics => metrics.AddMeter(Meters).AddPrometheusExporter());
        }
    }

    /// <summary>Whoever may not read it finds nothing there.</summary>
    public static void MapLoopwaveMetrics(this IEndpointRouteBuilder routes, LoopwaveSettings settings)
    {
        if (settings.HasMetrics)
        {
            var access = new MetricsAccess(settings.MetricsAllow ?? MetricsAccess.Usual);
            routes.MapPrometheusScrapingEndpoint(
                Path, meterProvider: null, configureBranchedPipeline: branch => branch.Use((context, next) => Guard(access, context, next)), optionsName: null);
        }
    }

    private static Task Guard(MetricsAccess access, HttpContext context, RequestDelegate next)
    {
        if (access.Allows(context.Connection.RemoteIpAddress, context.Request.Headers))
        {
            return next(context);
        }

        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
