using Loopwave.Api.Errors;
using Loopwave.ApiKeys;
using Loopwave.Team;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Loopwave.Api.Auth;

/// <summary>
/// Lets a request in or not, before anything of it is read, in the documented order: key, rate, scope.
/// </summary>
internal sealed class AccessGate(
    RequestDelegate next, Credentials credentials, TimeProvider clock, IOptions<OriginOptions> origin)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var refused = PolicyOf(context) switch
        {
            null or AccessPolicy.Anybody => null,
            AccessPolicy.SignInForm => CrossSite.RefuseForeign(context.Request, origin.Value.WebOrigin),
            AccessPolicy.ApiKey key => await ByKeyOrSession(context, key),
            AccessPolicy.SignedIn person => await BySession(context, person, Credential.Of(context.Request)),
            var unknown => throw new InvalidOperationException($"Unknown policy {unknown}."),
        };
        await (refused?.ExecuteAsync(context) ?? next(context));
    }

    // What is no route of ours ends as 404 or 405; under /api/v1 only for those with a key, like everything there.
    private static AccessPolicy? PolicyOf(HttpContext context) => context.GetEndpoint() switch
    {
        _ when !context.Request.Path.StartsWithSegments("/api") => null,
        RouteEndpoint route => route.Metadata.GetMetadata<AccessPolicy>()
            ?? throw new InvalidOperationException($"The route {route.RoutePattern.RawText} says nothing about who may use it."),
        _ when context.Request.Path.StartsWithSegments("/api/v1") => new AccessPolicy.ApiKey([]),
        _ => new AccessPolicy.Anybody(),
    };

    private async Task<ErrorResult?> ByKeyOrSession(HttpContext context, AccessPolicy.ApiKey policy) =>
        Credential.Of(context.Request) switch
        {
            Credential.Key key => await ByKey(context, policy, key.Text),
            Credential.Session session => await BySession(context, new AccessPolicy.SignedIn(Role.Admin), session),
            Credential.None or Credential.Unusable => InvalidKey(context),
            var unknown => throw new InvalidOperationException($"Unknown credential {unknown}."),
        };

    private async Task<ErrorResult?> ByKey(HttpContext context, AccessPolicy.ApiKey policy, string text)
    {
        if (!ApiKeyText.TryParse(text, out var key))
        {
            return InvalidKey(context);
        }

        if (await credentials.Admit(key!) is not { } admission)
        {
            return InvalidKey(context);
        }

        var now = clock.GetUtcNow();
        RateHeaders.Write(context.Response, admission, now);
        if (!admission.WithinRate)
        {
            return RateHeaders.TooMany(admission, now);
        }

        context.Features.Set(Caller.Key(key!.Id, admission));
        return ScopeCheck.Refuse(admission.Scopes, policy.Scopes);
    }

    private async Task<ErrorResult?> BySession(HttpContext context, AccessPolicy.SignedIn policy, Credential credential)
    {
        if (credential is not Credential.Session session || await credentials.MemberOf(session.Token) is not { } member)
        {
            return new ErrorResult(StatusCodes.Status401Unauthorized, "unauthorized", "Sign in first.");
        }

        if (CrossSite.RefuseCookie(context.Request, origin.Value.WebOrigin) is { } foreign)
        {
            return foreign;
        }

        context.Features.Set(Caller.Person(member));
        return member.Role >= policy.Role
            ? null
            : new ErrorResult(StatusCodes.Status403Forbidden, "forbidden", "Only admins can do this.");
    }

    private static ErrorResult InvalidKey(HttpContext context)
    {
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return new ErrorResult(StatusCodes.Status401Unauthorized, "invalid_api_key", "The API key is missing or not valid.");
    }
}
