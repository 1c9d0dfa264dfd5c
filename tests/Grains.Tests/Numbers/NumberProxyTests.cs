using System.Net;
using Loopwave.Engines;
using Loopwave.Outbound;
using Microsoft.Extensions.Options;
using Xunit;

namespace Loopwave.Numbers;

public sealed class NumberProxyTests
{
    private static readonly OutboundAddresses Public = new(Options.Create(new OutboundOptions()));

    [Theory]
    [InlineData("http://proxy.example.com:8080", "http://proxy.example.com:8080")]
    [InlineData("http://proxy.example.com", "http://proxy.example.com:80")]
    [InlineData("https://proxy.example.com/", "https://proxy.example.com:443")]
    [InlineData("socks5://proxy.example.com", "socks5://proxy.example.com:1080")]
    [InlineData("socks5://anna:secret@proxy.example.com:1081", "socks5://anna@proxy.example.com:1081")]
    [InlineData("http://anna@93.184.215.14:3128", "http://anna@93.184.215.14:3128")]
    [InlineData("http://anna:a%3Ab%40c@[2606:2800:21f::1]:3128", "http://anna@[2606:2800:21f::1]:3128")]
    public void It_is_shown_without_its_password(string given, string shown)
    {
        var proxy = Read(given).Value!;

        Assert.Equal(shown, proxy.Shown);
        Assert.DoesNotContain("secret", $"{proxy}{proxy.To([IPAddress.Loopback])}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("proxy.example.com:8080")]
    [InlineData("ftp://proxy.example.com")]
    [InlineData("http://")]
    [InlineData("http://proxy.example.com/way")]
    [InlineData("http://proxy.example.com?way=1")]
    [InlineData("http://proxy.example.com#way")]
    [InlineData("http://proxy.example.com:99999")]
    [InlineData("http://proxy .example.com")]
    [InlineData("http://a\\@proxy.example.com")]
    [InlineData("http://pröxy.example.com")]
    public void What_is_no_proxy_is_refused(string given)
    {
        var refusal = Read(given).Refusal!;

        Assert.Equal(RefusalCode.InvalidInput, refusal.Code);
        Assert.StartsWith("The proxy must be", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_is_too_long_is_refused() => Assert.NotNull(Read("http://" + new string('a', 500) + ".example.com").Refusal);

    [Theory]
    [InlineData("http://127.0.0.1:3128")]
    [InlineData("http://10.1.2.3:3128")]
    [InlineData("socks5://[::1]:1080")]
    [InlineData("socks5://10.1.2.3")]
    [InlineData("http://[::ffff:192.168.0.1]:3128")]
    [InlineData("http://2130706433:3128")]
    [InlineData("http://169.254.169.254")]
    public void An_address_that_is_not_public_is_refused(string given) =>
        Assert.Contains("OUTBOUND_ALLOW", Read(given).Refusal!.Message, StringComparison.Ordinal);

    [Fact]
    public void An_address_that_the_operator_allows_is_taken()
    {
        var addresses = new OutboundAddresses(Options.Create(new OutboundOptions { Allow = ["10.0.0.0/8"] }));

        Assert.NotNull(NumberProxy.Read("http://10.1.2.3:3128", EngineKind.WhatsApp, addresses).Value);
        Assert.NotNull(NumberProxy.Read("http://169.254.169.254", EngineKind.WhatsApp, addresses).Refusal);
    }

    [Theory]
    [InlineData("http://proxy.example.com:25")]
    [InlineData("socks5://proxy.example.com:22")]
    public void A_port_of_another_service_is_refused(string given) => Assert.Contains("port", Read(given).Refusal!.Message, StringComparison.Ordinal);

    [Fact]
    public void A_sandbox_number_has_none() =>
        Assert.Equal(RefusalCode.InvalidInput, NumberProxy.Read("http://proxy.example.com", EngineKind.Sandbox, Public).Refusal!.Code);

    [Fact]
    public void The_engine_is_told_what_to_dial_and_what_to_say()
    {
        var proxy = Read("https://anna:a%3Ab%40c@proxy.example.com:8443").Value!;

        var told = proxy.To([IPAddress.Parse("93.184.215.14"), IPAddress.Parse("2606:2800:21f::1")]);

        Assert.Equal((ProxyKind.Https, "proxy.example.com", 8443, "anna", "a:b@c"), (told.Kind, told.Host, told.Port, told.User, told.Password));
        Assert.Equal(["93.184.215.14", "2606:2800:21f::1"], told.Addresses);
    }

    private static Outcome<NumberProxy> Read(string text) => NumberProxy.Read(text, EngineKind.WhatsApp, Public);
}
