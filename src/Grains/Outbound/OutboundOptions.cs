using System.Net;

namespace Loopwave.Outbound;

/// <summary>What the product may call on a caller's behalf.</summary>
public sealed class OutboundOptions
{
    /// <summary>
    /// Networks beside public addresses, in CIDR form; link-local ones are refused even then. From <c>OUTBOUND_ALLOW</c>,
    /// separated by commas.
    /// </summary>
    public IReadOnlyList<string> Allow { get; set; } = [];

    internal IReadOnlyList<IPNetwork> Networks => [.. Allow.Select(text => IPNetwork.Parse(text))];

    /// <summary>Every entry is a network in CIDR form.</summary>
    public bool IsValid => Allow.All(text => IPNetwork.TryParse(text, out _));
}
