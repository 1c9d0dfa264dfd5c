using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Loopwave.Network;

/// <summary>
/// A TCP proxy that makes a network worse, in the test's hands. What is set holds for connections that are open as for those to
/// come, from the next bytes on; connections that were cut stay cut.
/// </summary>
public sealed class FaultProxy : IDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentDictionary<ProxiedConnection, byte> _open = [];
    private readonly IPEndPoint _address;
    private readonly EndPoint _target;
    private readonly TimeProvider _clock;
    private TcpListener? _listener;
    private volatile NetworkFaults _toTarget = NetworkFaults.None;
    private volatile NetworkFaults _fromTarget = NetworkFaults.None;

    /// <summary>Listens at an address of this machine, on a port of its own where that is 0, and goes on to the target.</summary>
    public FaultProxy(IPAddress address, EndPoint target, TimeProvider? clock = null)
    {
        (_target, _clock) = (target, clock ?? TimeProvider.System);
        _listener = Listen(new IPEndPoint(address, 0));
        _address = (IPEndPoint)_listener.LocalEndpoint;
        Accept(_listener).Ignore();
    }

    public IPEndPoint Address => _address;

    /// <summary>Connections through it now.</summary>
    public int Open => _open.Count;

    /// <summary>What is wrong on the way to the target.</summary>
    public NetworkFaults ToTarget
    {
        get => _toTarget;
        set => _toTarget = value;
    }

    /// <summary>What is wrong on the way back.</summary>
    public NetworkFaults FromTarget
    {
        get => _fromTarget;
        set => _fromTarget = value;
    }

    /// <summary>Sets both ways.</summary>
    public void Set(NetworkFaults faults) => (ToTarget, FromTarget) = (faults, faults);

    /// <summary>Everything is as it should be, for what is still open and what comes.</summary>
    public void Heal()
    {
        Set(NetworkFaults.None);
        ComeBack();
    }

    /// <summary>Cuts all connections with a reset; both ends hear of it at once.</summary>
    public void Reset() => Cut(_open.Keys);

    /// <summary>Cuts so many of the connections, by chance, with a reset.</summary>
    public void Reset(int count, Random random)
    {
        var open = _open.Keys.ToArray();
        random.Shuffle(open);
        Cut(open.Take(count));
    }

    /// <summary>Nobody listens any more, and every connection is cut.</summary>
    public void GoDown()
    {
        Interlocked.Exchange(ref _listener, null)?.Dispose();
        Reset();
    }

    /// <summary>Listens again, where it did before.</summary>
    public void ComeBack()
    {
        if (_listener is null && !_end.IsCancellationRequested)
        {
            _listener = Listen(_address);
            Accept(_listener).Ignore();
        }
    }

    public void Dispose()
    {
        _end.Cancel();
        GoDown();
    }

    private static TcpListener Listen(IPEndPoint address)
    {
        // Connections from before may linger in the kernel.
        var listener = new TcpListener(address);
        listener.Server.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Start(backlog: 1024);
        return listener;
    }

    private static void Cut(IEnumerable<ProxiedConnection> connections)
    {
        foreach (var connection in connections)
        {
            connection.Reset();
        }
    }

    private async Task Accept(TcpListener listener)
    {
        try
        {
            while (true)
            {
                Serve(await listener.AcceptSocketAsync(_end.Token)).Ignore();
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Down.
        }
    }

    private async Task Serve(Socket client)
    {
        var connection = new ProxiedConnection(client, _clock);
        _open[connection] = 0;
        try
        {
            // One that came while it went down.
            if (_listener is not null)
            {
                await connection.Carry(_target, () => _toTarget, () => _fromTarget, _end.Token);
            }
        }
        finally
        {
            _open.TryRemove(connection, out _);
            connection.Dispose();
        }
    }
}
