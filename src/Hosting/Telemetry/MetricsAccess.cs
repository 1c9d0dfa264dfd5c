using System.Net;
using Microsoft.AspNetCore.Http;

namespace Loopwave.Telemetry;

/// <summary>
/// Who may read <c>/metrics</c>, which asks for no credential: callers of some networks, and nobody through a proxy. What a proxy
/// is for is public, and a proxy's own address is a private one.
/// </summary>
internal sealed class MetricsAccess(IReadOnlyList<IPNetwork> allowed)
{
    /// <summary>This machine and private networks, where those who watch are.</summary>
    public static readonly IReadOnlyList<IPNetwork> Usual =
    [
        IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128"), IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("172.16.0.0/12"),
        IPNetwork.Parse("192.168.0.0/16"), IPNetwork.Parse("fc00::/7"),
    ];

    // The last one is what our own server leaves of a forwarded address that it believed.
    private static readonly string[] LeftByProxies = ["X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "Via", "X-Real-IP", "X-Original-For"];

    public bool Allows(IPAddress? caller, IHeaderDictionary headers) =>
        caller is not null && !LeftByProxies.Any(headers.ContainsKey) && allowed.Any(network => network.Contains(Plain(caller)));

    // A socket of both address families shows IPv4 as a form of IPv6.
    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
