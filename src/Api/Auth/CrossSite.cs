using Loopwave.Api.Errors;
using Microsoft.AspNetCore.Http;

namespace Loopwave.Api.Auth;

/// <summary>Keeps other web sites from acting through the browser of somebody who is signed in.</summary>
internal static class CrossSite
{
    /// <summary>The header that only our own pages can send: another site would have to ask first, and is told no.</summary>
    public const string OwnHeader = "X-Loopwave";

    /// <summary>Why an unsafe request that a browser's cookie vouches for is refused; null when it is fine.</summary>
    public static ErrorResult? RefuseCookie(HttpRequest request, string? webOrigin)
    {
        if (IsSafe(request))
        {
            return null;
        }

        return request.Headers[OwnHeader] != "1"
            ? Forbidden($"With a cookie this needs the header {OwnHeader}: 1.")
            : RefuseForeign(request, webOrigin);
    }

    /// <summary>Why an unsafe request from a page of another site is refused; null when it is fine.</summary>
    public static ErrorResult? RefuseForeign(HttpRequest request, string? webOrigin)
    {
        if (IsSafe(request))
        {
            return null;
        }

        var site = request.Headers["Sec-Fetch-Site"].ToString();
        var own = site is "same-origin" or "none" || (site.Length == 0 && IsOwnOrigin(request, webOrigin));
        return own ? null : Forbidden("This can't be asked for from a page of another site.");
    }

    private static bool IsSafe(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method);

    // Browsers too old for Sec-Fetch-Site send Origin; programs that are no browser send neither.
    private static bool IsOwnOrigin(HttpRequest request, string? webOrigin)
    {
        var origin = request.Headers.Origin.ToString();
        if (origin.Length == 0)
        {
            return true;
        }

        return Uri.TryCreate(origin, UriKind.Absolute, out var uri)
            && (string.Equals(uri.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase)
                || (Uri.TryCreate(webOrigin, UriKind.Absolute, out var web)
                    && Uri.Compare(uri, web, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0));
    }

    private static ErrorResult Forbidden(string message) => new(StatusCodes.Status403Forbidden, "forbidden", message);
}
