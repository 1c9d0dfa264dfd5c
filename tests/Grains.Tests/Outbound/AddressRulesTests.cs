using System.Net;
using Xunit;

namespace Loopwave.Outbound;

public sealed class AddressRulesTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("10.0.0.1")]
    [InlineData("100.64.0.1")]
    [InlineData("100.127.255.255")]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.0.0.1")]
    [InlineData("192.0.2.1")]
    [InlineData("192.88.99.1")]
    [InlineData("192.168.1.1")]
    [InlineData("198.18.0.1")]
    [InlineData("198.19.255.255")]
    [InlineData("198.51.100.1")]
    [InlineData("203.0.113.1")]
    [InlineData("224.0.0.1")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::127.0.0.1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("64:ff9b:1::1")]
    [InlineData("100::1")]
    [InlineData("2001::1")]
    [InlineData("2001:db8::1")]
    [InlineData("2002:7f00:1::")]
    [InlineData("3fff::1")]
    [InlineData("5f00::1")]
    [InlineData("fc00::1")]
    [InlineData("fdff::1")]
    [InlineData("fe80::1")]
    [InlineData("fe80::1%1")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    public void An_address_that_is_not_public_is_refused(string address) =>
        Assert.False(new AddressRules([]).Allows(IPAddress.Parse(address)));

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("8.8.8.8")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.1")]
    [InlineData("172.15.0.1")]
    [InlineData("172.32.0.1")]
    [InlineData("192.0.1.1")]
    [InlineData("198.20.0.1")]
    [InlineData("223.255.255.255")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("2606:4700:4700::1111")]
    [InlineData("2a00:1450:4001::1")]
    public void A_public_address_is_allowed(string address) =>
        Assert.True(new AddressRules([]).Allows(IPAddress.Parse(address)));

    [Fact]
    public void What_an_operator_allows_is_allowed_and_nothing_beside_it()
    {
        var rules = new AddressRules([IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("fc00::/7")]);

        Assert.True(rules.Allows(IPAddress.Parse("127.0.0.1")));
        Assert.True(rules.Allows(IPAddress.Parse("::ffff:127.0.0.1")));
        Assert.True(rules.Allows(IPAddress.Parse("fc00::1")));
        Assert.False(rules.Allows(IPAddress.Parse("10.0.0.1")));
        Assert.False(rules.Allows(IPAddress.Parse("::1")));
    }

    [Theory]
    [InlineData("169.254.169.254")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("fe80::1")]
    public void Nobody_can_allow_what_clouds_keep_their_secrets_under(string address) =>
        Assert.False(new AddressRules([IPNetwork.Parse("0.0.0.0/0"), IPNetwork.Parse("::/0")]).Allows(IPAddress.Parse(address)));

    [Fact]
    public void What_is_no_network_is_told_at_the_start()
    {
        Assert.True(new OutboundOptions { Allow = ["10.0.0.0/8", "fc00::/7"] }.IsValid);
        Assert.False(new OutboundOptions { Allow = ["10.0.0.0/8", "example.com"] }.IsValid);
        Assert.False(new OutboundOptions { Allow = ["10.0.0.0/33"] }.IsValid);
    }
}
