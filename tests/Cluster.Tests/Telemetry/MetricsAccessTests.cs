using System.Net;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Loopwave.Telemetry;

public class MetricsAccessTests
{
    private static readonly MetricsAccess Usual = new(MetricsAccess.Usual);

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("::1", true)]
    [InlineData("10.244.3.7", true)]
    [InlineData("::ffff:192.168.1.9", true)]
    [InlineData("fd12::9", true)]
    [InlineData("172.32.0.1", false)]
    [InlineData("8.8.8.8", false)]
    [InlineData("::ffff:8.8.8.8", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("169.254.1.1", false)]
    public void By_default_this_machine_and_private_networks_may_read_them(string caller, bool allowed) =>
        Assert.Equal(allowed, Usual.Allows(IPAddress.Parse(caller), new HeaderDictionary()));

    [Theory]
    [InlineData("X-Forwarded-For")]
    [InlineData("x-forwarded-for")]
    [InlineData("X-Forwarded-Host")]
    [InlineData("Forwarded")]
    [InlineData("Via")]
    [InlineData("X-Real-IP")]
    [InlineData("X-Original-For")]
    public void Nobody_reads_them_through_a_proxy(string header) =>
        Assert.False(Usual.Allows(IPAddress.Loopback, new HeaderDictionary { [header] = "10.0.0.1" }));

    [Fact]
    public void Networks_of_the_operators_own_take_the_place_of_the_usual_ones()
    {
        var own = new MetricsAccess([IPNetwork.Parse("192.0.2.0/24")]);

        Assert.True(own.Allows(IPAddress.Parse("192.0.2.200"), new HeaderDictionary()));
        Assert.False(own.Allows(IPAddress.Parse("10.0.0.1"), new HeaderDictionary()));
    }

    [Fact]
    public void A_caller_without_an_address_reads_nothing() => Assert.False(Usual.Allows(null, new HeaderDictionary()));
}
