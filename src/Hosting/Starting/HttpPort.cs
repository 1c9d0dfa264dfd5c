using System.Net;
using System.Net.Sockets;
using Loopwave.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Loopwave.Starting;

/// <summary>The HTTP port of a process: <c>PORT</c> on <c>BIND_ADDRESS</c>, whatever the framework's own settings say.</summary>
public static class HttpPort
{
    public static void UseHttpPort(this WebApplicationBuilder builder, LoopwaveSettings settings)
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
                throw new PortTakenException(settings.Port, "PORT");
            }
            catch (SocketException) when (settings.BindAddress is null || settings.BindAddress.Equals(IPAddress.IPv6Any))
            {
                // Not every machine has both address families; the server takes those that are there.
            }
        }
    }
}

/// <summary>Another program listens where we would.</summary>
/// <param name="setting">The key of the setting that the port is from.</param>
public sealed class PortTakenException(int port, string setting)
    : Exception($"Port {port} is taken by another program. Stop that one, or set {setting} to another port.");
