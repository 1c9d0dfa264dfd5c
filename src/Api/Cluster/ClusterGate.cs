using Loopwave.Api.Auth;
using Loopwave.Api.Errors;
using Microsoft.AspNetCore.Http;

namespace Loopwave.Api.Cluster;

/// <summary>While no silo can be reached, says so at once: a request would only wait for its deadline.</summary>
internal sealed class ClusterGate(RequestDelegate next, ClusterConnection connection)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    public Task InvokeAsync(HttpContext context) =>
        connection.IsThere || !NeedsTheCluster(context)
            ? next(context)
            : new ErrorResult(StatusCodes.Status503ServiceUnavailable, "unavailable", "No silo can be reached at the moment. Try again shortly.", RetryAfter)
                .ExecuteAsync(context);

    // Health and version are for anybody, and say for themselves what is missing.
    private static bool NeedsTheCluster(HttpContext context) =>
        context.Request.Path.StartsWithSegments("/api") && context.GetEndpoint()?.Metadata.GetMetadata<AccessPolicy>() is not AccessPolicy.Anybody;
}
