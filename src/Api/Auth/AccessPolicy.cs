using Loopwave.Team;
using Microsoft.AspNetCore.Builder;

namespace Loopwave.Api.Auth;

/// <summary>Who may use a route. Every route under <c>/api</c> carries one; one without does not start.</summary>
internal abstract record AccessPolicy
{
    /// <summary>No credential is asked for.</summary>
    public sealed record Anybody : AccessPolicy;

    /// <summary>No credential is asked for, but other web sites can't use it through somebody's browser.</summary>
    public sealed record SignInForm : AccessPolicy;

    /// <summary>A key with any one of these scopes (any key when there are none), or a signed-in admin.</summary>
    public sealed record ApiKey(IReadOnlyList<string> Scopes) : AccessPolicy;

    /// <summary>A signed-in person with at least this role.</summary>
    public sealed record SignedIn(Role Role) : AccessPolicy;
}

internal static class AccessPolicies
{
    public static T AllowAnybody<T>(this T route) where T : IEndpointConventionBuilder =>
        route.WithMetadata(new AccessPolicy.Anybody());

    public static T AllowSignInForm<T>(this T route) where T : IEndpointConventionBuilder =>
        route.WithMetadata(new AccessPolicy.SignInForm());

    public static T AllowAnyKey<T>(this T route) where T : IEndpointConventionBuilder =>
        route.WithMetadata(new AccessPolicy.ApiKey([]));

    /// <summary>Any one of the scopes is enough.</summary>
    public static T AllowScopes<T>(this T route, params string[] scopes) where T : IEndpointConventionBuilder =>
        route.WithMetadata(new AccessPolicy.ApiKey(scopes));

    public static T AllowAdmins<T>(this T route) where T : IEndpointConventionBuilder =>
        route.WithMetadata(new AccessPolicy.SignedIn(Role.Admin));
}
