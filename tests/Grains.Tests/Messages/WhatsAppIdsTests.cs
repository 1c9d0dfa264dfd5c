using CsCheck;
using Loopwave.Messages;
using Xunit;

namespace Loopwave.Grains.Tests.Messages;

public sealed class WhatsAppIdsTests
{
    private static readonly WhatsAppIds Ids = new([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);

    [Fact]
    public void A_message_always_gets_the_same_id_in_every_process_of_a_deployment()
    {
        Assert.Equal("3EB08A6B77DE37B22239A3", Ids.For("n1a2b3c4d5e", "m_01"));
        Assert.Equal("3EB036BCCC3C938D572750", Ids.For("n1a2b3c4d5e", "m_02"));
    }

    [Fact]
    public void Ids_differ_by_deployment_number_and_message()
    {
        var other = new WhatsAppIds(new byte[32]);

        Assert.NotEqual(Ids.For("n1", "m_1"), other.For("n1", "m_1"));
        Assert.NotEqual(Ids.For("n1", "m_1"), Ids.For("n2", "m_1"));
        Assert.Equal(100_000, Enumerable.Range(0, 100_000).Select(i => Ids.For("n1", $"m_{i}")).Distinct().Count());
    }

    [Fact]
    public void An_id_has_the_form_of_the_networks_own_clients() =>
        Gen.Select(Gen.String, Gen.String).Sample(
            (number, key) => Assert.Matches("^3EB0[0-9A-F]{18}$", Ids.For(number, key)),
            iter: 10_000);
}
