using Loopwave.Configuration;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Trace;
using Orleans.Diagnostics;

namespace Loopwave.Telemetry;

/// <summary>
/// Sends spans to a collector by OTLP, where the operator's standard <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names one. Everything else
/// about that is set by the other standard variables, such as <c>OTEL_EXPORTER_OTLP_PROTOCOL</c>.
/// </summary>
public static class TraceExport
{
    public static void AddLoopwaveTraces(this IHostApplicationBuilder builder, LoopwaveSettings settings)
    {
        if (settings.Traces is { } traces)
        {
            builder.Services.AddOpenTelemetry()
                .ConfigureResource(resource => resource.AddLoopwave(settings))
                .WithTracing(tracing => tracing.AddLoopwave(traces).AddOtlpExporter());
        }
    }

    /// <summary>What is followed, before anybody is sent it.</summary>
    internal static TracerProviderBuilder AddLoopwave(this TracerProviderBuilder tracing, TraceSettings settings) => tracing
        .AddSource(TelemetryNames.ActivitySource, ActivitySources.ApplicationGrainActivitySourceName)
        .SetSampler(new RequestSampler(settings))
        .AddAspNetCoreInstrumentation(requests => requests.Filter = IsWorthATrace)
        .AddProcessor(new SpanPrivacy());

    // Whoever watches asks all the time.
    private static bool IsWorthATrace(HttpContext context) =>
        !context.Request.Path.StartsWithSegments("/metrics") && !context.Request.Path.StartsWithSegments("/api/health");
}
