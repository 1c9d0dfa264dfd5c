using Loopwave.Team;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Loopwave.Api.Auth;

/// <summary>
/// The cookie that holds a session's token. Over HTTPS, our own or that of a proxy in front of us, it carries the <c>__Host-</c> prefix, with which a browser
/// refuses one that another host or an insecure page tries to plant.
/// </summary>
internal static class SessionCookie
{
    public const string Name = "lw";
    public const string SecureName = "__Host-lw";
    private const int LongestToken = 100;

    public static string? Read(HttpRequest request) =>
        request.Cookies.TryGetValue(NameFor(request), out var token) && token.Length is > 0 and <= LongestToken ? token : null;

    public static void Write(HttpContext context, SignIn session) =>
        context.Response.Cookies.Append(NameFor(context.Request), session.Token, Options(context.Request, session.ExpiresAt));

    public static void Clear(HttpContext context) =>
        context.Response.Cookies.Delete(NameFor(context.Request), Options(context.Request, expires: null));

    private static string NameFor(HttpRequest request) => IsSecure(request) ? SecureName : Name;

    // People who come by HTTPS to a proxy reach us by HTTP; the operator's own address for them tells.
    private static bool IsSecure(HttpRequest request) =>
        request.IsHttps || request.HttpContext.RequestServices.GetRequiredService<IOptions<OriginOptions>>().Value.IsHttps;

    private static CookieOptions Options(HttpRequest request, DateTimeOffset? expires) => new()
    {
        HttpOnly = true,
        Secure = IsSecure(request),
        SameSite = SameSiteMode.Strict,
        Path = "/",
        Expires = expires,
        IsEssential = true,
    };
}
