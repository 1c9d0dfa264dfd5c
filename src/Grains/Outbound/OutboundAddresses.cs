using System.Net;
using Microsoft.Extensions.Options;

namespace Loopwave.Outbound;

/// <summary>Looks up where a caller's address leads, and lets through what may be called on a caller's behalf.</summary>
internal sealed class OutboundAddresses(IOptions<OutboundOptions> options)
{
    private const string NotPublic = "This address is not public. An operator can allow its network with OUTBOUND_ALLOW.";

    private readonly AddressRules _rules = new(options.Value.Networks);

    /// <summary>Every port but those below 1024 that serve something else than the web.</summary>
    public static bool IsPort(int port) => port is 80 or 443 or >= 1024 and <= IPEndPoint.MaxPort;

    /// <summary>Why an address can never be called; null for one that may be, and for a name, which is looked up at each call.</summary>
    public string? Refuse(string host) =>
        IPAddress.TryParse(host, out var address) && !_rules.Allows(address) ? NotPublic : null;

    /// <summary>The addresses behind a host that may be called: at least one.</summary>
    /// <exception cref="OutboundRefusedException">None of them may be called.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The name is not known.</exception>
    public async Task<IReadOnlyList<IPAddress>> Find(string host, CancellationToken cancellationToken)
    {
        IReadOnlyList<IPAddress> found = IPAddress.TryParse(host, out var address) ? [address] : await Dns.GetHostAddressesAsync(host, cancellationToken);
        var allowed = found.Where(_rules.Allows).ToList();
        return allowed.Count > 0 ? allowed : throw new OutboundRefusedException(NotPublic);
    }
}
