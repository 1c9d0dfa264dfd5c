using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Loopwave.Api.OpenApi;

/// <summary>Why a route may refuse what is otherwise in order; what every route can answer is not repeated.</summary>
internal sealed record RouteRefusals(IReadOnlyList<RefusalCode> Codes);

/// <summary>The body is a file.</summary>
internal sealed record FileBody;

/// <summary>The answer is a file.</summary>
internal sealed record FileAnswer;

/// <summary>What is made here is found at no address of its own.</summary>
internal sealed record NoAddress;

/// <summary>What a route says about itself, beside what its types say.</summary>
internal static class RouteNotes
{
    public static RouteHandlerBuilder Says(this RouteHandlerBuilder route, string summary, string? description = null)
    {
        route.WithSummary(summary);
        return description is null ? route : route.WithDescription(description);
    }

    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder route, params RefusalCode[] codes) =>
        route.WithMetadata(new RouteRefusals(codes));

    public static RouteHandlerBuilder TakesFile(this RouteHandlerBuilder route) => route.WithMetadata(new FileBody());

    public static RouteHandlerBuilder GivesFile(this RouteHandlerBuilder route) => route.WithMetadata(new FileAnswer());

    public static RouteHandlerBuilder HasNoAddress(this RouteHandlerBuilder route) => route.WithMetadata(new NoAddress());
}
