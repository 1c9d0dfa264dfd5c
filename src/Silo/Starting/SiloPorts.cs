using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Loopwave.Starting;

/// <summary>
/// Keeps the ports of this silo to itself. Orleans opens its own in a way that lets another process have the same ones beside it, and
/// of two silos at one address the later one declares the other dead.
/// </summary>
internal sealed class SiloPorts(IOptions<EndpointOptions> endpoint) : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    // Orleans opens its ports in the stage between these two, and looks at its table of silos after both.
    private const int Before = ServiceLifecycleStage.RuntimeInitialize - 2;
    private const int After = ServiceLifecycleStage.RuntimeInitialize;

    private readonly List<Socket> _held = [];

    /// <summary>Finds out that a port can't be had while nobody has heard of this silo yet.</summary>
    /// <exception cref="PortTakenException">Another program listens on it.</exception>
    public void Check()
    {
        Hold();
        LetGo();
    }

    public void Participate(ISiloLifecycle lifecycle)
    {
        lifecycle.Subscribe<SiloPorts>(Before, _ => Done(Hold));
        lifecycle.Subscribe<SiloPorts>(After, _ => Done(LetGo));
    }

    public void Dispose() => LetGo();

    private void Hold()
    {
        var options = endpoint.Value;
        Hold(options.SiloListeningEndpoint ?? new IPEndPoint(options.AdvertisedIPAddress, options.SiloPort), "SILO_PORT");
        Hold(options.GatewayListeningEndpoint ?? new IPEndPoint(options.AdvertisedIPAddress, options.GatewayPort), "GATEWAY_PORT");
    }

    private void Hold(IPEndPoint at, string setting)
    {
        var socket = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _held.Add(socket);
        if (at.Address.Equals(IPAddress.IPv6Any))
        {
            socket.DualMode = true;
        }

        try
        {
            // What is left of the connections of a silo that was here before is in nobody's way: only who listens is. Of two that
            // are here at once the system lets one listen.
            socket.Bind(at);
            socket.Listen();
        }
        catch (SocketException fault) when (fault.SocketErrorCode is SocketError.AddressAlreadyInUse)
        {
            throw new PortTakenException(at.Port, setting);
        }

        if (!OperatingSystem.IsWindows())
        {
            // From now on it may be shared by those who ask for that, as Orleans does; not by one who is here as we were until now.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        }
    }

    private void LetGo()
    {
        _held.ForEach(socket => socket.Dispose());
        _held.Clear();
    }

    private static Task Done(Action act)
    {
        act();
        return Task.CompletedTask;
    }
}
