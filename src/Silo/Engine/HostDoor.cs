using System.Net.Sockets;
using Loopwave.Storage;

namespace Loopwave.WhatsApp;

/// <summary>
/// A Unix socket that one host may connect to once. It stands in a directory of its own that only this user can enter, and
/// both are gone as soon as the host is inside, so that nothing is left behind however the process ends.
/// </summary>
internal sealed class HostDoor : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("loopwave-");
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public HostDoor()
    {
        try
        {
            _socket.Bind(new UnixDomainSocketEndPoint(Path));
            OwnerOnly.Restrict(Path);
            _socket.Listen(1);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Path => System.IO.Path.Combine(_directory.FullName, "engine");

    public async Task<Stream> Accept(CancellationToken cancellationToken) =>
        new NetworkStream(await _socket.AcceptAsync(cancellationToken), ownsSocket: true);

    public void Dispose()
    {
        _socket.Dispose();
        _directory.Delete(recursive: true);
    }
}
