using Loopwave.Api.Auth;
using Loopwave.Api.OpenApi;
using Loopwave.Api.V1.Chats;
using Loopwave.Api.V1.Media;
using Loopwave.Api.V1.Messages;
using Loopwave.Api.V1.Numbers;
using Loopwave.Api.V1.Sandbox;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Loopwave.Api.V1;

/// <summary>The public API for integrators.</summary>
internal static class V1Routes
{
    public static void MapV1(this IEndpointRouteBuilder routes)
    {
        var v1 = routes.MapGroup("/api/v1").WithGroupName(V1Document.Name)
            .AddEndpointFilter(QueryNames.Check).AddEndpointFilter(Idempotency.Check);
        v1.MapGet("/health", Health).AllowAnyKey().WithTags("Health")
            .Says("Check the service and the key", "Any valid key will do.");
        v1.MapNumbers();
        v1.MapMessages();
        v1.MapChats();
        v1.MapMedia();
        v1.MapSandbox();
    }

    private static Ok<HealthAnswer> Health() => TypedResults.Ok(new HealthAnswer(Ok: true, ProductVersion.Text));
}

/// <summary>That the service is alive, and which version it is.</summary>
internal sealed record HealthAnswer(bool Ok, string Version);
