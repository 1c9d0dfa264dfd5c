using System.Net;
using Loopwave.Configuration;

namespace Loopwave.Standalone;

/// <summary>The HTTP port of the process, and the small page that it serves at its root.</summary>
internal static class FrontDoor
{
    // Everything the page needs comes from its own origin, apart from the QR picture, which is part of an answer.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    public static void AddFrontDoor(this WebApplicationBuilder builder, LoopwaveSettings settings)
    {
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            switch (settings.BindAddress)
            {
                case null:
                    kestrel.ListenLocalhost(settings.Port);
                    break;
                case { } any when any.Equals(IPAddress.IPv6Any):
                    kestrel.ListenAnyIP(settings.Port);
                    break;
                case { } address:
                    kestrel.Listen(address, settings.Port);
                    break;
            }
        });
    }

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
