using System.Net;
using Loopwave.Engines;
using Loopwave.Outbound;

namespace Loopwave.Numbers;

/// <summary>
/// A number's own way to the network, as it was given: an http, https or socks5 address, with its password. Whatever shows
/// or logs it leaves that out.
/// </summary>
public sealed record NumberProxy(string Url)
{
    /// <summary>The most characters an address may have.</summary>
    internal const int Longest = 500;

    /// <summary>Without its password.</summary>
    public string Shown
    {
        get
        {
            var address = Address(Url)!;
            var user = address.UserInfo.Split(':')[0];
            return $"{address.Scheme}://{(user.Length > 0 ? user + "@" : "")}{address.Host}:{PortOf(address)}";
        }
    }

    public override string ToString() => nameof(NumberProxy);

    /// <summary>Reads what a caller gave.</summary>
    internal static Outcome<NumberProxy> Read(string text, EngineKind engine, OutboundAddresses addresses)
    {
        if (engine is not EngineKind.WhatsApp)
        {
            return Refused("Only a WhatsApp number can have a proxy: the sandbox has no network to go to.");
        }

        if (text.Length > Longest || Address(text) is not { } address)
        {
            return Refused("The proxy must be an address such as http://user:password@proxy.example.com:8080, with http, https or socks5. "
                + "In user and password, whatever is not a letter or digit is percent-encoded.");
        }

        return OutboundAddresses.IsPort(PortOf(address))
            ? addresses.Refuse(address.IdnHost) is { } why ? Refused($"The proxy can't be used. {why}") : new NumberProxy(text)
            : Refused("The proxy's port must be 80, 443 or above 1023.");

        static Refusal Refused(string message) => new(RefusalCode.InvalidInput, message);
    }

    /// <summary>What an engine needs to go this way: the name is looked up here, so that what was checked is what is dialled.</summary>
    internal EngineProxy To(IReadOnlyList<IPAddress> addresses)
    {
        var address = Address(Url)!;
        var user = address.UserInfo.Split(':', 2);
        return new EngineProxy(
            Enum.Parse<ProxyKind>(address.Scheme, ignoreCase: true), address.IdnHost, PortOf(address), [.. addresses.Select(one => one.ToString())],
            user[0].Length > 0 ? Uri.UnescapeDataString(user[0]) : null, user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null);
    }

    internal string Host => Address(Url)!.IdnHost;

    private static int PortOf(Uri address) => address.Port > 0 ? address.Port : 1080;

    private static Uri? Address(string text) =>
        text.All(character => character is > ' ' and < '\x7f' and not '\\')
            && Uri.TryCreate(text, UriKind.Absolute, out var address)
            && address is { Scheme: "http" or "https" or "socks5", Host.Length: > 0, IdnHost.Length: <= 253, PathAndQuery: "/" or "", Fragment: "" }
            && Uri.CheckHostName(address.IdnHost) is not UriHostNameType.Unknown
            ? address
            : null;
}
