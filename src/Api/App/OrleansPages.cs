using Loopwave.Api.Auth;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orleans.Dashboard;

namespace Loopwave.Api.App;

/// <summary>Orleans' own dashboard, for admins: calls of grains, their times and errors, reminders. Where the operator wants it.</summary>
internal static class OrleansPages
{
    // Everything is its own, apart from pictures and a font that stand in its style sheet. Its charts write styles into their elements.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; "
        + "form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

    // One calls any grain for what it holds, messages and keys among it. The other shows the log before phones in it are masked.
    private static readonly string[] Withheld = ["/GrainState", "/Trace"];

    public static void MapOrleansPages(this RouteGroupBuilder app)
    {
        IEndpointConventionBuilder pages = app.MapOrleansDashboard("/cluster/orleans").AllowAdmins();
        pages.Add(Guard);
    }

    private static void Guard(EndpointBuilder page)
    {
        var path = ((RouteEndpointBuilder)page).RoutePattern.RawText!;
        var answer = page.RequestDelegate!;
        page.RequestDelegate = Withheld.Any(one => path.EndsWith(one, StringComparison.OrdinalIgnoreCase)) ? NotThere : context => Show(context, answer);
    }

    private static Task Show(HttpContext context, RequestDelegate answer)
    {
        context.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        return answer(context);
    }

    private static Task NotThere(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
