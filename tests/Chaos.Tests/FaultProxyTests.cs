using System.Net;
using System.Net.Sockets;
using Loopwave.Network;
using Xunit;

namespace Loopwave.Chaos;

/// <summary>What the proxy does to a connection, as both of its ends see it.</summary>
public sealed class FaultProxyTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Noticeable = TimeSpan.FromMilliseconds(200);

    private readonly TcpListener _server = new(IPAddress.Loopback, 0);
    private readonly FaultProxy _proxy;
    private readonly List<Socket> _sockets = [];

    public FaultProxyTests()
    {
        _server.Start();
        _proxy = new FaultProxy(IPAddress.Loopback, _server.LocalEndpoint);
    }

    public void Dispose()
    {
        _proxy.Dispose();
        _server.Dispose();
        _sockets.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public async Task Without_faults_everything_passes_both_ways_until_both_ends_have_closed()
    {
        var (client, server) = await Connect();

        await client.SendAsync("to the server"u8.ToArray());
        Assert.Equal("to the server"u8.ToArray(), await Read(server, 13));
        client.Shutdown(SocketShutdown.Send);
        Assert.Empty(await Read(server, 1));
        await server.SendAsync("and back"u8.ToArray());
        Assert.Equal("and back"u8.ToArray(), await Read(client, 8));
        server.Shutdown(SocketShutdown.Send);
        Assert.Empty(await Read(client, 1));
    }

    [Fact]
    public async Task Latency_makes_everything_later_and_lets_nothing_overtake()
    {
        var (client, server) = await Connect();
        _proxy.ToTarget = new() { Latency = Noticeable * 2, Jitter = Noticeable };
        var began = TimeProvider.System.GetTimestamp();

        for (byte i = 0; i < 20; i++)
        {
            await client.SendAsync(new[] { i });
        }

        Assert.Equal(Enumerable.Range(0, 20).Select(i => (byte)i), await Read(server, 20));
        Assert.True(TimeProvider.System.GetElapsedTime(began) >= Noticeable);
    }

    [Fact]
    public async Task A_narrow_way_takes_its_time()
    {
        var (client, server) = await Connect();
        _proxy.ToTarget = new() { BytesPerSecond = 10_000 };
        var began = TimeProvider.System.GetTimestamp();

        await client.SendAsync(new byte[5_000]);

        await Read(server, 5_000);
        Assert.True(TimeProvider.System.GetElapsedTime(began) >= Noticeable);
    }

    [Fact]
    public async Task A_slicer_delivers_everything_in_pieces()
    {
        var (client, server) = await Connect();
        _proxy.ToTarget = new() { SliceBytes = 7 };
        var sent = Enumerable.Range(0, 1_000).Select(i => (byte)i).ToArray();

        await client.SendAsync(sent);

        Assert.Equal(sent, await Read(server, 1_000));
    }

    [Fact]
    public async Task A_limit_resets_the_connection_once_so_much_has_passed()
    {
        var (client, server) = await Connect();
        _proxy.ToTarget = new() { LimitBytes = 100 };

        await client.SendAsync(new byte[100]);

        await IsReset(client);
        await IsReset(server);
    }

    [Fact]
    public async Task A_black_hole_takes_everything_and_tells_nobody_until_it_is_over()
    {
        var (client, server) = await Connect();
        _proxy.Set(new() { BlackHole = true });
        await client.SendAsync("lost?"u8.ToArray());
        client.Shutdown(SocketShutdown.Send);
        var read = Read(server, 5);

        await Task.WhenAny(read, Task.Delay(Noticeable, TimeProvider.System));
        Assert.False(read.IsCompleted);
        _proxy.Heal();

        Assert.Equal("lost?"u8.ToArray(), await read);
        Assert.Empty(await Read(server, 1));
    }

    [Fact]
    public async Task A_reset_is_heard_by_both_ends_and_the_next_connection_passes()
    {
        var (client, server) = await Connect();

        _proxy.Reset();

        await IsReset(client);
        await IsReset(server);
        await Connect();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_end_that_is_reset_is_heard_of_at_the_other_one(bool isClient)
    {
        var (client, server) = await Connect();
        var (one, other) = isClient ? (client, server) : (server, client);

        one.LingerState = new LingerOption(enable: true, seconds: 0);
        one.Close();

        await IsReset(other);
        await Connect();
    }

    [Fact]
    public async Task A_close_can_be_heard_late()
    {
        var (client, server) = await Connect();
        _proxy.Set(new() { CloseDelay = Noticeable * 2 });
        var began = TimeProvider.System.GetTimestamp();

        client.Shutdown(SocketShutdown.Send);

        Assert.Empty(await Read(server, 1));
        Assert.True(TimeProvider.System.GetElapsedTime(began) >= Noticeable);
    }

    [Fact]
    public async Task While_it_is_down_connections_are_refused_and_afterwards_it_is_where_it_was()
    {
        var (client, _) = await Connect();

        _proxy.GoDown();

        await IsReset(client);
        await Assert.ThrowsAsync<SocketException>(Connect);
        _proxy.ComeBack();
        await Connect();
    }

    [Fact]
    public async Task Nobody_behind_it_ends_the_connection()
    {
        _server.Stop();
        var client = New();

        // It can be over before the client has heard that it began.
        await Assert.ThrowsAsync<SocketException>(async () =>
        {
            await client.ConnectAsync(_proxy.Address);
            await ReadToTheEnd(client);
        });
    }

    private async Task<(Socket Client, Socket Server)> Connect()
    {
        var client = New();
        await client.ConnectAsync(_proxy.Address);
        var server = await _server.AcceptSocketAsync().WaitAsync(Patience);
        _sockets.Add(server);
        return (client, server);
    }

    private Socket New()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _sockets.Add(socket);
        return socket;
    }

    /// <summary>So many bytes, or those before the end.</summary>
    private static async Task<byte[]> Read(Socket socket, int count)
    {
        var buffer = new byte[count];
        var read = 0;
        while (read < count && await socket.ReceiveAsync(buffer.AsMemory(read)).AsTask().WaitAsync(Patience) is > 0 and var length)
        {
            read += length;
        }

        return buffer[..read];
    }

    // Whether the kernel gives the bytes that came before is its affair.
    private static Task IsReset(Socket socket) => Assert.ThrowsAsync<SocketException>(() => ReadToTheEnd(socket));

    private static async Task ReadToTheEnd(Socket socket)
    {
        while (await socket.ReceiveAsync(new byte[1_000].AsMemory()).AsTask().WaitAsync(Patience) > 0)
        {
        }
    }
}
