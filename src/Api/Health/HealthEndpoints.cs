using Loopwave.Api.Auth;
using Loopwave.Api.Cluster;
using Loopwave.Deployment;
using Loopwave.Health;
using Loopwave.Media;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Loopwave.Api.Health;

/// <summary>For whoever watches the process; no key needed, nothing secret told.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/health", Live).AllowAnybody();
        routes.MapGet("/api/health/ready", Ready).AllowAnybody();
        routes.MapGet("/api/version", Version).AllowAnybody();
    }

    private static Ok<LiveAnswer> Live() => TypedResults.Ok(new LiveAnswer(Ok: true));

    private static Ok<VersionAnswer> Version() => TypedResults.Ok(new VersionAnswer(ProductVersion.Text));

    private static async Task<Results<Ok<ReadyAnswer>, JsonHttpResult<NotReadyAnswer>>> Ready(
        HttpContext context, ClusterGrains grains, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (context.RequestServices.GetService<ConnectionDrain>() is { HasBegun: true })
        {
            return NotReady([new HealthPart("api", Ready: false, "The node is stopping.")]);
        }

        var parts = await ReadyCheck.Parts(grains.Health, context.RequestServices.GetService<IMediaHealth>(), clock, cancellationToken);
        return parts.All(part => part.Ready)
            ? TypedResults.Ok(new ReadyAnswer(Ok: true, parts))
            : NotReady(parts);
    }

    private static JsonHttpResult<NotReadyAnswer> NotReady(IReadOnlyList<HealthPart> parts) =>
        TypedResults.Json(NotReadyAnswer.For(parts), statusCode: StatusCodes.Status503ServiceUnavailable);
}

internal sealed record VersionAnswer(string Version);
