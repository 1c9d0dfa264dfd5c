using Microsoft.AspNetCore.Builder;

namespace Loopwave.Api;

/// <summary>The small page that the product serves at its root: files beside the program, in <c>wwwroot</c>.</summary>
public static class StartPage
{
    // Everything the page needs comes from its own origin, apart from the QR picture, which is part of an answer.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    /// <summary>Where the host finds the page, whatever folder it is started from.</summary>
    public static string Directory => Path.Combine(AppContext.BaseDirectory, "wwwroot");

    public static void UseStartPage(this WebApplication app)
    {
        app.UseDefaultFiles();
        app.UseStaticFiles(new StaticFileOptions
        {
            OnPrepareResponse = response =>
            {
                var headers = response.Context.Response.Headers;
                headers.ContentSecurityPolicy = ContentSecurityPolicy;
                headers.XContentTypeOptions = "nosniff";
                headers["Referrer-Policy"] = "no-referrer";

                // Unchanged files cost one small answer; changed ones are never shown old after an update.
                headers.CacheControl = "no-cache";
            },
        });
    }
}
