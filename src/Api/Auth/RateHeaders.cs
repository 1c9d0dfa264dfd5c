using System.Globalization;
using Loopwave.Api.Errors;
using Loopwave.ApiKeys;
using Microsoft.AspNetCore.Http;

namespace Loopwave.Api.Auth;

/// <summary>Tells a caller how many requests are left: in the familiar headers and in those of the IETF draft.</summary>
internal static class RateHeaders
{
    private const int WindowSeconds = 60;

    public static void Write(HttpResponse response, KeyAdmission admission, DateTimeOffset now)
    {
        var headers = response.Headers;
        headers["X-RateLimit-Limit"] = Text(admission.Limit);
        headers["X-RateLimit-Remaining"] = Text(admission.Remaining);
        headers["X-RateLimit-Reset"] = Text(admission.ResetAt.ToUnixTimeSeconds());
        headers["RateLimit-Policy"] = $"\"key\";q={Text(admission.Limit)};w={WindowSeconds}";
        headers["RateLimit"] = $"\"key\";r={Text(admission.Remaining)};t={Text((long)Math.Ceiling(Left(admission, now).TotalSeconds))}";
    }

    public static ErrorResult TooMany(KeyAdmission admission, DateTimeOffset now) =>
        new(StatusCodes.Status429TooManyRequests, "rate_limited", "Too many requests for this key.", Left(admission, now));

    private static TimeSpan Left(KeyAdmission admission, DateTimeOffset now) =>
        admission.ResetAt > now ? admission.ResetAt - now : TimeSpan.Zero;

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
