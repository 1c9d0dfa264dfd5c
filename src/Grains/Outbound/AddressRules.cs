using System.Net;

namespace Loopwave.Outbound;

/// <summary>
/// Which addresses the product may call on a caller's behalf: public ones, and the networks an operator allowed. The
/// refused ranges are the union of two well-known guards' lists (reference "reliability and security" 1.5).
/// </summary>
internal sealed class AddressRules(IReadOnlyList<IPNetwork> allowed)
{
    private static readonly IPNetwork[] Never = Parse("169.254.0.0/16", "fe80::/10");

    private static readonly IPNetwork[] NotPublic = Parse(
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32",
        "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8");

    public bool Allows(IPAddress address)
    {
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return !Never.Any(network => network.Contains(address))
            && (!NotPublic.Any(network => network.Contains(address)) || allowed.Any(network => network.Contains(address)));
    }

    private static IPNetwork[] Parse(params string[] networks) => [.. networks.Select(text => IPNetwork.Parse(text))];
}
