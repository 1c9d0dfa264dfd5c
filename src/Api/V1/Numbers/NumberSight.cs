using Loopwave.Api.Auth;
using Loopwave.Api.Errors;
using Microsoft.AspNetCore.Http;

namespace Loopwave.Api.V1.Numbers;

/// <summary>
/// Keeps a key from numbers out of its sight before a number is asked to do anything: a test key from real numbers, a
/// key with a list from all others. A number's engine never changes, so what is seen here still holds afterwards.
/// </summary>
internal static class NumberSight
{
    private const int LongestId = 40;

    public static async ValueTask<object?> Check(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var id = (string)http.Request.RouteValues["id"]!;
        if (id.Length > LongestId || !id.All(char.IsAsciiLetterOrDigit))
        {
            return new ErrorResult(new Refusal(RefusalCode.UnknownNumber, "There is no such number."));
        }

        var caller = Caller.Of(http);
        if (caller.IsRestricted)
        {
            var grains = (ClusterGrains)http.RequestServices.GetService(typeof(ClusterGrains))!;
            if ((await grains.Numbers(numbers => numbers.Get(id, caller.Access))).Refusal is { } refusal)
            {
                return new ErrorResult(refusal);
            }
        }

        return await next(context);
    }
}
