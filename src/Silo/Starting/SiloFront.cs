using Loopwave.Configuration;
using Loopwave.Health;
using Loopwave.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Loopwave.Starting;

/// <summary>
/// The small HTTP port of a silo, for whoever watches it. It answers from the first moment, while the silo itself still waits for
/// its database, and to the last, while its numbers are handed over.
/// </summary>
internal static class SiloFront
{
    public static WebApplication Build(IConfiguration configuration, LoopwaveSettings settings, SiloProgress progress, ILoggerFactory loggers)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());

        // What OpenTelemetry's library reads by itself; everything else is in the settings.
        builder.Configuration.AddInMemoryCollection(configuration.AsEnumerable().Where(one => one.Key.StartsWith("OTEL_", StringComparison.OrdinalIgnoreCase)));
        builder.UseHttpPort(settings);
        builder.AddLoopwaveMetrics(settings);
        builder.AddLoopwaveTraces(settings);
        builder.Services.AddSingleton(loggers);
        builder.Services.AddRouting();
        builder.Services.ConfigureHttpJsonOptions(json => PublicJson.Apply(json.SerializerOptions));
        var front = builder.Build();
        front.UseRouting();
        front.MapGet("/api/health", () => TypedResults.Ok(new LiveAnswer(Ok: true)));
        front.MapGet("/api/health/ready", context => Ready(context, progress));
        front.MapLoopwaveMetrics(settings);
        return front;
    }

    private static async Task Ready(HttpContext context, SiloProgress progress)
    {
        var parts = await progress.Parts(context.RequestAborted);
        var answer = parts.All(part => part.Ready)
            ? (IResult)TypedResults.Ok(new ReadyAnswer(Ok: true, parts))
            : TypedResults.Json(NotReadyAnswer.For(parts), statusCode: StatusCodes.Status503ServiceUnavailable);
        await answer.ExecuteAsync(context);
    }
}
