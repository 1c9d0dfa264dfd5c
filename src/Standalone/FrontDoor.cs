using System.Net;
using System.Net.Sockets;
using Loopwave.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

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

    /// <summary>Finds out that the port can't be had while nothing has been made yet that a failed start would leave behind.</summary>
    /// <exception cref="PortTakenException">Another program listens on it.</exception>
    public static void CheckPort(this LoopwaveSettings settings)
    {
        IPAddress[] addresses = settings.BindAddress is { } one ? [one] : [IPAddress.Loopback, IPAddress.IPv6Loopback];
        foreach (var address in addresses)
        {
            try
            {
                SocketTransportOptions.CreateDefaultBoundListenSocket(new IPEndPoint(address, settings.Port)).Dispose();
            }
            catch (SocketException fault) when (fault.SocketErrorCode is SocketError.AddressAlreadyInUse)
            {
                throw new PortTakenException(settings.Port);
            }
            catch (SocketException) when (settings.BindAddress is null || settings.BindAddress.Equals(IPAddress.IPv6Any))
            {
                // Not every machine has both address families; the server takes those that are there.
            }
        }
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
