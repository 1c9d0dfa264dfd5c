using Microsoft.AspNetCore.Http;

namespace Loopwave.Api.Auth;

/// <summary>What a request shows to be let in.</summary>
internal abstract record Credential
{
    public sealed record None : Credential;

    /// <summary>A text that should be an API key.</summary>
    public sealed record Key(string Text) : Credential;

    /// <summary>The token of a signed-in person, from the cookie.</summary>
    public sealed record Session(string Token) : Credential;

    /// <summary>Headers that name no key: another scheme, or two keys that differ.</summary>
    public sealed record Unusable : Credential;

    private const string Bearer = "Bearer ";

    public static Credential Of(HttpRequest request)
    {
        var authorization = request.Headers.Authorization;
        var keyHeader = request.Headers["X-API-Key"];
        if (authorization.Count == 0 && keyHeader.Count == 0)
        {
            return SessionCookie.Read(request) is { } token ? new Session(token) : new None();
        }

        if (authorization.Count > 1 || keyHeader.Count > 1)
        {
            return new Unusable();
        }

        var bearer = authorization.Count == 0 ? null : BearerOf(authorization.ToString());
        var key = keyHeader.Count == 0 ? null : keyHeader.ToString().Trim();
        return (authorization.Count, bearer, key) switch
        {
            (1, null, _) => new Unusable(),
            (1, { } one, { } other) when one != other => new Unusable(),
            _ => new Key(bearer ?? key!),
        };
    }

    private static string? BearerOf(string header) =>
        header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? header[Bearer.Length..].Trim() : null;
}
