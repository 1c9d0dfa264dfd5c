using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>A proxy in the test's hands, by the CONNECT method, for whoever says the password.</summary>
public sealed class ConnectProxy : IDisposable
{
    private const int LargestRequest = 8192;

    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentBag<Socket> _open = [];
    private readonly ConcurrentBag<int> _ports = [];
    private readonly string _credentials;
    private readonly TcpListener _listener;
    private int _passed;
    private long _sent;

    public ConnectProxy(string user = "shop", string password = "pass-w0rd")
    {
        _credentials = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));
        _listener = new TcpListener(IPAddress.Loopback, 0);
        _listener.Start();
        Url = $"http://{user}:{password}@127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        Shown = Url.Replace($":{password}", "", StringComparison.Ordinal);
        _ = Listen();
    }

    public string Url { get; }

    /// <summary>As a number shows it.</summary>
    public string Shown { get; }

    /// <summary>How many connections it let through.</summary>
    public int Passed => _passed;

    /// <summary>From which ports of this machine it went on.</summary>
    public IReadOnlyCollection<int> Ports => _ports;

    /// <summary>Bytes that went through, to the network.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Nobody is there any more, and every connection through it is cut.</summary>
    public void Dispose()
    {
        if (_end.IsCancellationRequested)
        {
            return;
        }

        _end.Cancel();
        _listener.Dispose();
        foreach (var socket in _open)
        {
            socket.Dispose();
        }
    }

    private async Task Listen()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_end.Token);
                _open.Add(client);
                _ = Serve(client);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task Serve(Socket client)
    {
        try
        {
            await using var near = new NetworkStream(client, ownsSocket: true);
            var request = await Head(near);
            var (target, isKnown) = (request[0].Split(' ')[1], request.Contains($"proxy-authorization: {_credentials}", StringComparer.OrdinalIgnoreCase));
            if (!isKnown)
            {
                await near.WriteAsync("HTTP/1.1 407 Who are you\r\n\r\n"u8.ToArray());
                return;
            }

            var end = new Socket(SocketType.Stream, ProtocolType.Tcp);
            _open.Add(end);
            await end.ConnectAsync(target[..target.LastIndexOf(':')], int.Parse(target[(target.LastIndexOf(':') + 1)..], null), _end.Token);
            _ports.Add(((IPEndPoint)end.LocalEndPoint!).Port);
            await using var far = new NetworkStream(end, ownsSocket: true);
            await near.WriteAsync("HTTP/1.1 200 Go on\r\n\r\n"u8.ToArray());
            Interlocked.Increment(ref _passed);
            await Task.WhenAny(Carry(near, far, count: true), Carry(far, near, count: false));
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
        }
    }

    private async Task Carry(NetworkStream from, NetworkStream to, bool count)
    {
        var buffer = new byte[16384];
        while (await from.ReadAsync(buffer, _end.Token) is > 0 and var length)
        {
            if (count)
            {
                Interlocked.Add(ref _sent, length);
            }

            await to.WriteAsync(buffer.AsMemory(0, length), _end.Token);
        }
    }

    // Byte by byte: what follows the head is not for the proxy.
    private static async Task<string[]> Head(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (head.Length < LargestRequest && !head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one) == 0)
            {
                throw new IOException("The caller went.");
            }

            head.Append((char)one[0]);
        }

        return head.ToString().Split("\r\n");
    }
}
