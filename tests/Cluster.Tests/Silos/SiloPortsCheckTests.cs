using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Loopwave.Processes;
using Loopwave.Starting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Xunit;

namespace Loopwave.Cluster;

/// <summary>Who is in a silo's way at its ports, and who is not.</summary>
public sealed class SiloPortsCheckTests
{
    private const string InTimeWait = "06";

    private readonly int _port = LoopwaveDeployment.FreePort();

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("0.0.0.0", "127.0.0.1")]
    [InlineData("127.0.0.1", "0.0.0.0")]
    [InlineData("0.0.0.0", "::")]
    public void Who_listens_is_in_the_way_also_when_others_may_join_it(string theirs, string ours)
    {
        using var listener = Listener(IPAddress.Parse(theirs));
        using var ports = Ports(IPAddress.Parse(ours));

        var taken = Assert.Throws<PortTakenException>(ports.Check);

        Assert.StartsWith($"Port {_port} is taken", taken.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_left_of_the_connections_of_who_listened_before_is_not_in_the_way()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using (var listener = Listener(IPAddress.Loopback))
        {
            await client.ConnectAsync(IPAddress.Loopback, _port, Token);
            using var connection = await listener.AcceptAsync(Token);
            connection.Shutdown(SocketShutdown.Send);
            Assert.Equal(0, await client.ReceiveAsync(new byte[1], Token));
            client.Shutdown(SocketShutdown.Send);
            Assert.Equal(0, await connection.ReceiveAsync(new byte[1], Token));
        }

        var local = $"0100007F:{_port.ToString("X4", CultureInfo.InvariantCulture)}";
        var states = File.ReadLines("/proc/net/tcp").Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(parts => parts[1] == local).Select(parts => parts[3]);
        Assert.Equal(InTimeWait, Assert.Single(states));

        using var ports = Ports(IPAddress.Loopback);
        ports.Check();
        using var again = Listener(IPAddress.Loopback);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // As Orleans listens.
    private Socket Listener(IPAddress address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(new IPEndPoint(address, _port));
        socket.Listen();
        return socket;
    }

    private SiloPorts Ports(IPAddress address) => new(Options.Create(new EndpointOptions
    {
        SiloListeningEndpoint = new IPEndPoint(address, _port),
        GatewayListeningEndpoint = new IPEndPoint(address, LoopwaveDeployment.FreePort()),
    }));
}
