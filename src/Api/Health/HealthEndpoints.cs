using Loopwave.Api.Auth;
using Loopwave.Api.V1;
using Loopwave.Deployment;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Loopwave.Api.Health;

/// <summary>For whoever watches the process; no key needed, nothing secret told.</summary>
internal static class HealthEndpoints
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/health", Live).AllowAnybody();
        routes.MapGet("/api/health/ready", Ready).AllowAnybody();
        routes.MapGet("/api/version", Version).AllowAnybody();
    }

    private static Ok<LiveAnswer> Live() => TypedResults.Ok(new LiveAnswer(Ok: true));

    private static Ok<VersionAnswer> Version() => TypedResults.Ok(new VersionAnswer(ProductVersion.Text));

    private static async Task<Results<Ok<ReadyAnswer>, JsonHttpResult<NotReadyAnswer>>> Ready(
        IGrainFactory grains, TimeProvider clock, CancellationToken cancellationToken)
    {
        var parts = await Parts(grains, clock, cancellationToken);
        var failing = parts.Where(part => !part.Ready).Select(part => part.Name).ToArray();
        return failing.Length == 0
            ? TypedResults.Ok(new ReadyAnswer(Ok: true, parts))
            : TypedResults.Json(
                new NotReadyAnswer("not_ready", $"Not ready: {string.Join(", ", failing)}.", parts),
                statusCode: StatusCodes.Status503ServiceUnavailable);
    }

    // The grain looks at everything it stands on; that it answers at all shows that the cluster works.
    private static async Task<IReadOnlyList<HealthPart>> Parts(
        IGrainFactory grains, TimeProvider clock, CancellationToken cancellationToken)
    {
        try
        {
            var parts = await grains.Health().Check().WaitAsync(Patience, clock, cancellationToken);
            return [new HealthPart("cluster", Ready: true, Message: null), .. parts];
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            return [new HealthPart("cluster", Ready: false, "No answer from the cluster.")];
        }
    }
}

internal sealed record LiveAnswer(bool Ok);

internal sealed record VersionAnswer(string Version);

internal sealed record ReadyAnswer(bool Ok, IReadOnlyList<HealthPart> Parts);

internal sealed record NotReadyAnswer(string Error, string Message, IReadOnlyList<HealthPart> Parts);
