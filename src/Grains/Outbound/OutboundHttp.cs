using System.Net;
using System.Net.Sockets;

namespace Loopwave.Outbound;

/// <summary>
/// The one HTTP client of the product for addresses that callers name. The address is checked where the socket is dialled,
/// on the very address that is then used, so that no name can be resolved to one address for the check and to another for
/// the call. No redirects, no proxy, no cookies.
/// </summary>
internal sealed class OutboundHttp : IDisposable
{
    private readonly OutboundAddresses _addresses;
    private readonly HttpClient _client;

    public OutboundHttp(OutboundAddresses addresses)
    {
        _addresses = addresses;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),
            MaxConnectionsPerServer = 8,
            MaxResponseHeadersLength = 16,
            ConnectCallback = Connect,
        };
#pragma warning disable RS0030 // This is the one outbound client.
        _client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
#pragma warning restore RS0030
        _client.DefaultRequestHeaders.UserAgent.ParseAdd("Loopwave/1.0");
    }

    /// <summary>Reads an http or https address. The answer's body is not buffered; the caller disposes of it.</summary>
    /// <exception cref="OutboundRefusedException">The address may not be called.</exception>
    /// <exception cref="HttpRequestException">It could not be reached.</exception>
    public async Task<HttpResponseMessage> Get(Uri address, CancellationToken cancellationToken)
    {
        if (address.Scheme is not ("http" or "https") || address.UserInfo.Length > 0 || !OutboundAddresses.IsPort(address.Port))
        {
            throw new OutboundRefusedException("Only http and https addresses without user information, on port 80, 443 or above 1023.");
        }

        try
        {
            return await _client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException exception) when (exception.InnerException is OutboundRefusedException refused)
        {
            throw refused;
        }
    }

    public void Dispose() => _client.Dispose();

    private async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var addresses = await _addresses.Find(context.DnsEndPoint.Host, cancellationToken);
        for (var i = 0; ; i++)
        {
            try
            {
                return await Connect(addresses[i], context.DnsEndPoint.Port, cancellationToken);
            }
            catch (SocketException) when (i < addresses.Count - 1)
            {
                // A name can have an address of a kind that this machine has no way to.
            }
        }
    }

    private static async Task<Stream> Connect(IPAddress address, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>An address that the product does not call for anybody.</summary>
internal sealed class OutboundRefusedException(string message) : Exception(message);
