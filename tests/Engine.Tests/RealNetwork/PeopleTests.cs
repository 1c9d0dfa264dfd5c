using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>Who people are: their names, their two addresses, and the devices they have.</summary>
public sealed class PeopleTests(Deployment deployment) : IClassFixture<Deployment>, IAsyncLifetime
{
    private string _number = "";
    private string _phone = "";

    public async ValueTask InitializeAsync() => (_number, _phone) = await deployment.LinkedNumber();

    public async ValueTask DisposeAsync() => Assert.Empty(await deployment.WhatsApp.Problems());

    [Fact]
    public async Task The_name_in_the_phones_address_book_is_shown_whatever_the_person_calls_themselves()
    {
        var person = await deployment.Person("Ami");
        await deployment.WhatsApp.Say(person, _phone, "hello there");
        await deployment.Chat(person, chat => Deployment.Text(chat["name"]) == "Ami");

        await deployment.WhatsApp.OnPhone(_phone, "contacts", new { of = person, name = "Amina Okafor" });
        await deployment.Chat(person, chat => Deployment.Text(chat["name"]) == "Amina Okafor");

        await deployment.WhatsApp.Say(person, _phone, "hello again");
        await deployment.Shown(person, message => Deployment.Text(message["text"]) == "hello again");
        Assert.Equal("Amina Okafor", Deployment.Text((await deployment.Get($"/api/v1/chats/{person}"))["name"]));
    }

    [Fact]
    public async Task An_address_book_from_before_the_link_names_whom_the_number_writes_to()
    {
        var phone = await deployment.Person("Shop");
        var person = await deployment.Person("Bo");
        await deployment.WhatsApp.OnPhone(phone, "contacts", new { of = person, name = "Bola Ade" });
        var number = await deployment.NewNumber();
        await deployment.LinkByQr(number, phone);

        await deployment.Send(number, person, "good morning");

        await deployment.Chat(person, chat => Deployment.Text(chat["name"]) == "Bola Ade", number);
    }

    [Fact]
    public async Task A_name_of_the_number_that_only_its_phone_tells_becomes_known_while_the_number_is_not_shown_as_online()
    {
        var phone = Deployment.NewPhone();
        await deployment.WhatsApp.OnServer("/accounts", new { phone, name = "Shop", isBusiness = false });
        await deployment.LinkByQr(await deployment.NewNumber(), phone);

        // All that the phone writes has its name in it: what still has the old one goes first.
        await deployment.Told(phone);
        await deployment.WhatsApp.OnPhone(phone, "rename", new { name = "The shop" });

        var account = await Deployment.Until(
            () => deployment.WhatsApp.Account(phone), account => Deployment.Text(account["companions"]![0]!["saidName"]) == "The shop");
        Assert.False(account["companions"]![0]!["isAvailable"]!.GetValue<bool>());
        Assert.Empty(await deployment.WhatsApp.Online());
    }

    [Fact]
    public async Task A_hidden_address_that_appears_late_belongs_to_the_same_person_and_chat()
    {
        var person = Deployment.NewPhone();
        await deployment.WhatsApp.OnServer("/accounts", new { phone = person, name = "Late", lidKnown = false });
        await deployment.WhatsApp.Say(person, _phone, "before that");
        var before = await deployment.Shown(person, message => Deployment.Text(message["text"]) == "before that");
        var hidden = Deployment.Text((await deployment.WhatsApp.Account(person))["lid"]);

        await deployment.WhatsApp.OnPhone(person, "reveal-lid", new { });
        await deployment.WhatsApp.Say(person, _phone, "after that");

        var after = await deployment.Shown(person, message => Deployment.Text(message["text"]) == "after that");
        Assert.Equal(Deployment.Text(before["chat"]), Deployment.Text(after["chat"]));
        await deployment.MessageIs(await deployment.Send(_number, hidden, "to the hidden address"), "delivered");
        var inbox = await deployment.Inbox(person, inbox => inbox.Count == 1);
        Assert.Equal("to the hidden address", Deployment.Text(inbox[0]!["text"]));
        Assert.Equal(3, (await deployment.Get($"/api/v1/chats/{person}/messages"))["data"]!.AsArray().Count);
    }

    [Fact]
    public async Task A_device_that_a_person_adds_gets_the_next_message_and_one_that_is_gone_is_not_missed()
    {
        var person = await deployment.Person("Many devices");
        await deployment.MessageIs(await deployment.Send(_number, person, "one device"), "delivered");

        // Another number of ours, linked to the person's phone, is a device of the person.
        var second = await deployment.NewNumber();
        await deployment.LinkByQr(second, person);
        await deployment.MessageIs(await deployment.Send(_number, person, "two devices"), "delivered");
        var seen = await deployment.Chat(_phone, chat => Deployment.Text(chat["lastMessage"]?["text"]) == "two devices", second);
        Assert.Equal(1, seen["unreadCount"]!.GetValue<int>());

        await deployment.WhatsApp.OnPhone(person, "unlink", new { });
        await deployment.Number(second, view => Deployment.Text(view["status"]) == "logged_out");
        await deployment.Told(_phone);
        await deployment.MessageIs(await deployment.Send(_number, person, "one again"), "delivered");
    }
}
