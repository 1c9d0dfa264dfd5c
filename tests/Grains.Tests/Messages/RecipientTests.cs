using CsCheck;
using Loopwave.Messages;
using Xunit;

namespace Loopwave.Grains.Tests.Messages;

public sealed class RecipientTests
{
    private static readonly string[] Servers = ["@s.whatsapp.net", "@lid", "@g.us", "@", "@c.us"];

    [Theory]
    [InlineData("919812345678", "919812345678")]
    [InlineData("+919812345678", "919812345678")]
    [InlineData(" +91 98123-45678 ", "919812345678")]
    [InlineData("+49 151 1234 5678", "4915112345678")]
    [InlineData("1-202-555-0123", "12025550123")]
    [InlineData("5511987654321", "5511987654321")]
    [InlineData("551187654321", "551187654321")]
    [InlineData("5215512345678", "5215512345678")]
    [InlineData("525512345678", "525512345678")]
    public void A_phone_is_read_with_a_plus_spaces_and_dashes_and_otherwise_left_as_it_is(string text, string digits)
    {
        var phone = Assert.IsType<Recipient.Phone>(Recipient.Parse(text));

        Assert.Equal(digits, phone.Digits);
        Assert.Equal(digits + "@s.whatsapp.net", phone.Jid);
        Assert.Equal(digits, Recipient.PhoneDigits(text));
    }

    [Theory]
    [InlineData("919812345678@s.whatsapp.net")]
    [InlineData("123456789012345@lid")]
    [InlineData("120363041234567890@g.us")]
    [InlineData("4915112345678-1600000000@g.us")]
    public void A_jid_is_taken_as_it_is(string jid)
    {
        Assert.Equal(new Recipient.Address(jid), Recipient.Parse(jid));
        Assert.Equal(new Recipient.Address(jid), Recipient.Parse($"  {jid}\n"));
    }

    [Fact]
    public void A_chat_is_named_by_its_id()
    {
        Assert.Equal(new Recipient.Chat("c_7k2m9q4x1d"), Recipient.Parse(" c_7k2m9q4x1d "));
        Assert.All(Enumerable.Range(0, 1000), _ => Assert.IsType<Recipient.Chat>(Recipient.Parse(NewId.Chat())));
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("+")]
    [InlineData("-")]
    [InlineData("12")]
    [InlineData("1234567890123456789")]
    [InlineData("++919812345678")]
    [InlineData("91+9812345678")]
    [InlineData("91 98123 4567x")]
    [InlineData("(91) 9812345678")]
    [InlineData("91.9812.345678")]
    [InlineData("00919812345678")]
    [InlineData("0151 12345678")]
    [InlineData("99999999999")]
    [InlineData("9198123")]
    [InlineData("521551234567890")]
    [InlineData("٩١٩٨١٢٣٤٥٦٧٨")]
    [InlineData("９１９８１２３４５６７８")]
    [InlineData("hello")]
    [InlineData("c_")]
    [InlineData("c_7K2M")]
    [InlineData("c_7k2m 9q")]
    [InlineData("c_0123456789012345678901234567890123456789")]
    [InlineData("n1a2b3c4d5e")]
    [InlineData("@s.whatsapp.net")]
    [InlineData("919812345678@")]
    [InlineData("919812345678@c.us")]
    [InlineData("919812345678@S.WHATSAPP.NET")]
    [InlineData("919812345678@s.whatsapp.net@lid")]
    [InlineData("919812345678:3@s.whatsapp.net")]
    [InlineData("+919812345678@s.whatsapp.net")]
    [InlineData("91 9812345678@s.whatsapp.net")]
    [InlineData("123456789012345678901@s.whatsapp.net")]
    [InlineData("abc@lid")]
    [InlineData("-@g.us")]
    [InlineData("-120363041234567890@g.us")]
    [InlineData("120363041234567890-@g.us")]
    [InlineData("1@broadcast")]
    [InlineData("status@broadcast")]
    [InlineData("120363041234567890@newsletter")]
    public void Anything_else_is_refused(string text) => Assert.Null(Recipient.Parse(text));

    [Fact]
    public void Whatever_is_typed_is_read_or_refused_and_what_is_read_is_an_address() =>
        Gen.OneOf(
            Gen.String,
            Gen.String[Gen.Char["0123456789+- "], 0, 20],
            Gen.Select(Gen.String[Gen.Char["0123456789-:"], 0, 22], Gen.Int[0, 4].Select(i => Servers[i]), (user, server) => user + server),
            Gen.String[Gen.Char["c_09azAZ"], 0, 50]).Sample(
            text =>
            {
                switch (Recipient.Parse(text))
                {
                    case Recipient.Phone phone:
                        Assert.True(Jids.IsAddress(phone.Jid));
                        Assert.Equal(phone.Digits, Jids.Phone(phone.Jid));
                        Assert.Equal(phone, Recipient.Parse("+" + phone.Digits));
                        break;
                    case Recipient.Address address:
                        Assert.Equal(text.Trim(), address.Jid);
                        Assert.True(Jids.IsAddress(address.Jid));
                        break;
                    case Recipient.Chat chat:
                        Assert.InRange(chat.Id.Length, 3, 40);
                        break;
                    case null:
                        break;
                    case var other:
                        Assert.Fail($"Unknown recipient {other}.");
                        break;
                }
            },
            iter: 20_000);

    [Theory]
    [InlineData("919812345678@s.whatsapp.net", "919812345678", false, false)]
    [InlineData("123456789012345@lid", null, true, false)]
    [InlineData("120363041234567890@g.us", null, false, true)]
    [InlineData("919812345678:3@s.whatsapp.net", null, false, false)]
    [InlineData("status@broadcast", null, false, false)]
    [InlineData("", null, false, false)]
    public void The_forms_of_addresses_are_told_apart(string jid, string? phone, bool lid, bool group)
    {
        Assert.Equal(phone, Jids.Phone(jid));
        Assert.Equal((lid, group), (Jids.IsLid(jid), Jids.IsGroup(jid)));
    }
}
