using System.Net;
using System.Net.Sockets;

namespace Loopwave.Storage.Tests.Postgres;

/// <summary>
/// Stands between a process and the server, and can cut a connection at the worst moment: the server gets a commit, and the
/// process never hears what became of it.
/// </summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _closing = new();
    private readonly int _server;
    private readonly Task _accepting;
    private int _cuts;

    /// <param name="server">The port that it leads to.</param>
    /// <param name="port">Where it listens; 0 for any.</param>
    public CuttingProxy(int server, int port = 0)
    {
        (_server, _listener) = (server, new TcpListener(IPAddress.Loopback, port));
        _listener.Start();
        _accepting = Accept();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The next thing that the process says is passed on, and the connection cut instead of passing back the answer.</summary>
    public void CutNext() => Interlocked.Exchange(ref _cuts, 1);

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _closing.Dispose();
    }

    private async Task Accept()
    {
        var passing = new List<Task>();
        try
        {
            while (true)
            {
                passing.Add(Pass(await _listener.AcceptSocketAsync(_closing.Token)));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(passing);
        }
    }

    private async Task Pass(Socket near)
    {
        using var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using (near)
        {
            var cut = false;
            try
            {
                await far.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _server), _closing.Token);
                await Task.WhenAny(There(), Back());
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException)
            {
                // Over.
            }

            async Task There()
            {
                var buffer = new byte[64 * 1024];
                while (await Receive(near, buffer) is > 0 and var count)
                {
                    cut |= Interlocked.Exchange(ref _cuts, 0) == 1;
                    await far.SendAsync(buffer.AsMemory(0, count), _closing.Token);
                }
            }

            async Task Back()
            {
                var buffer = new byte[64 * 1024];
                while (await Receive(far, buffer) is > 0 and var count && !cut)
                {
                    await near.SendAsync(buffer.AsMemory(0, count), _closing.Token);
                }
            }
        }
    }

    private async Task<int> Receive(Socket socket, byte[] buffer)
    {
        try
        {
            return await socket.ReceiveAsync(buffer, _closing.Token);
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            return 0;
        }
    }
}
