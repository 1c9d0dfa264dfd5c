using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Loopwave.Api;

/// <summary>Where requests come from. The names are the documented environment variables.</summary>
internal sealed class OriginOptions
{
    /// <summary>Proxies whose forwarded addresses count: addresses or networks, separated by commas. None by default.</summary>
    [ConfigurationKeyName("TRUSTED_PROXIES")]
    public string? TrustedProxies { get; set; }

    /// <summary>The dashboard's own origin, such as <c>https://inbox.example.com</c>.</summary>
    [ConfigurationKeyName("WEB_ORIGIN")]
    public string? WebOrigin { get; set; }

    /// <summary>People reach the dashboard by HTTPS.</summary>
    public bool IsHttps => WebOrigin?.StartsWith("https://", StringComparison.OrdinalIgnoreCase) is true;

    public IReadOnlyList<IPNetwork> Proxies =>
        [.. Words(TrustedProxies).Select(word => Network(word) ?? throw new FormatException($"'{word}' is no network."))];

    public static IPNetwork? Network(string word) =>
        IPNetwork.TryParse(word, out var network) ? network
        : IPAddress.TryParse(word, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : null;

    public static IEnumerable<string> Words(string? text) =>
        text?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
}

/// <summary>One sentence per mistake, before anything has started.</summary>
internal sealed class OriginOptionsCheck : IValidateOptions<OriginOptions>
{
    public ValidateOptionsResult Validate(string? name, OriginOptions options)
    {
        var mistakes = OriginOptions.Words(options.TrustedProxies)
            .Where(word => OriginOptions.Network(word) is null)
            .Select(word => $"TRUSTED_PROXIES: '{word}' is neither an address nor a network such as 10.0.0.0/8.")
            .ToList();
        if (!string.IsNullOrEmpty(options.WebOrigin)
            && !(Uri.TryCreate(options.WebOrigin, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
        {
            mistakes.Add("WEB_ORIGIN is not an origin such as https://inbox.example.com.");
        }

        return mistakes.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(mistakes);
    }
}
