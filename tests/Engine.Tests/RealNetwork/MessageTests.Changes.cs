using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>What is done to messages that are there, by the person, by us and on our own phone; and messages that are no text.</summary>
public sealed partial class MessageTests
{
    [Fact]
    public async Task What_is_read_here_is_read_for_the_person_and_what_is_read_on_the_phone_is_read_here()
    {
        var here = await deployment.WhatsApp.Say(_person, _phone, "read here");
        await deployment.Chat(_person, chat => chat["unreadCount"]!.GetValue<int>() == 1);

        await deployment.Do(HttpMethod.Post, $"/api/v1/chats/{_person}/read");
        var seen = await deployment.ReadBy(_phone, _person, here);
        Assert.Equal($"{_phone}@s.whatsapp.net", Deployment.Text(seen["chat"]));
        Assert.Equal(0, (await deployment.Get($"/api/v1/chats/{_person}"))["unreadCount"]!.GetValue<int>());

        var onPhone = await deployment.WhatsApp.Say(_person, _phone, "read on the phone");
        await deployment.Chat(_person, chat => chat["unreadCount"]!.GetValue<int>() == 1);
        await deployment.WhatsApp.OnPhone(_phone, "read", new { to = _person, ids = new[] { onPhone } });
        await deployment.Chat(_person, chat => chat["unreadCount"]!.GetValue<int>() == 0);
    }

    [Fact]
    public async Task Reactions_are_given_and_taken_back_by_us_by_the_person_and_on_the_phone()
    {
        var asked = await deployment.WhatsApp.Say(_person, _phone, "Lunch at one?");
        var theirs = Deployment.Text((await deployment.Shown(_person, message => Deployment.Text(message["text"]) == "Lunch at one?"))["id"]);
        var ours = await deployment.Send(_number, _person, "Sure, at one");
        var answered = Deployment.Text((await deployment.Inbox(_person, inbox => inbox.Count == 1))[0]!["id"]);

        await deployment.Post($"/api/v1/messages/{theirs}/reactions", new { emoji = "👍" });
        await Reactions(theirs, ("👍", true));
        await deployment.Post($"/api/v1/messages/{theirs}/reactions", new { emoji = "" });
        await Reactions(theirs);
        var inbox = await deployment.Inbox(_person, inbox => inbox.Count == 3);
        Assert.All(inbox.Skip(1), one => Assert.Equal(asked, Deployment.Text(one!["message"]!["reactionMessage"]!["key"]!["id"])));
        Assert.All(inbox.Skip(1), one => Assert.NotEqual(true, one!["message"]!["reactionMessage"]!["key"]!["fromMe"]?.GetValue<bool>()));
        Assert.Equal(["👍", ""], inbox.Skip(1).Select(one => Deployment.Text(one!["message"]!["reactionMessage"]!["text"])));

        await deployment.WhatsApp.OnPhone(_person, "react", new { to = _phone, target = new { id = answered }, emoji = "🙏" });
        await Reactions(ours, ("🙏", false));
        await deployment.WhatsApp.OnPhone(_phone, "react", new { to = _person, target = new { id = answered, fromMe = true }, emoji = "😀" });
        await Reactions(ours, ("🙏", false), ("😀", true));
        await deployment.WhatsApp.OnPhone(_person, "react", new { to = _phone, target = new { id = answered }, emoji = "" });
        await Reactions(ours, ("😀", true));
        await deployment.WhatsApp.OnPhone(_phone, "react", new { to = _person, target = new { id = asked }, emoji = "❤️" });
        await Reactions(theirs, ("❤️", true));
    }

    [Fact]
    public async Task What_is_edited_and_deleted_on_the_phone_is_edited_and_deleted_here()
    {
        var typed = await deployment.WhatsApp.Say(_phone, _person, "teh menu");
        var onPhone = Deployment.Text((await deployment.Shown(_person, message => Deployment.Text(message["text"]) == "teh menu"))["id"]);
        var here = await deployment.Send(_number, _person, "from heer");
        var sent = Deployment.Text((await deployment.Inbox(_person, inbox => inbox.Count == 2))[1]!["id"]);

        foreach (var (message, id, text) in new[] { (onPhone, typed, "the menu"), (here, sent, "from here") })
        {
            await deployment.WhatsApp.OnPhone(_phone, "edit", new { to = _person, id, text });
            await deployment.Message(message, one => Deployment.Text(one["text"]) == text && one["editedAt"] is not null);
            await deployment.WhatsApp.OnPhone(_phone, "revoke", new { to = _person, id });
            await deployment.Message(message, one => one["deletedAt"] is not null && one["text"] is null);
        }
    }

    [Fact]
    public async Task Places_cards_and_polls_are_shown_and_a_place_is_sent()
    {
        await Described(new { locationMessage = new { degreesLatitude = 12.9716, degreesLongitude = 77.5946, name = "Bengaluru, India" } });
        var place = (await deployment.Shown(_person, message => Deployment.Text(message["type"]) == "location"))["location"]!;
        Assert.Equal((12.9716, 77.5946, "Bengaluru, India"), (place["latitude"]!.GetValue<double>(), place["longitude"]!.GetValue<double>(), Deployment.Text(place["name"])));

        await Described(new { contactMessage = new { displayName = "Bola Ade", vcard = Card("Bola Ade", "+91 98450 00001") } });
        await Cards(("Bola Ade", "+91 98450 00001"));
        await Described(new
        {
            contactsArrayMessage = new
            {
                displayName = "2 contacts",
                contacts = new[]
                {
                    new { displayName = "Amina Oke", vcard = Card("Amina Oke", "+91 98450 00002") },
                    new { displayName = "Bo Adeyemi", vcard = Card("Bo Adeyemi", "+91 98450 00003") },
                },
            },
        });
        await Cards(("Amina Oke", "+91 98450 00002"), ("Bo Adeyemi", "+91 98450 00003"));

        await Described(new { pollCreationMessageV3 = new { name = "When is it?", options = new[] { new { optionName = "six o'clock" }, new { optionName = "seven o'clock" } }, selectableOptionsCount = 1 } });
        var poll = (await deployment.Shown(_person, message => Deployment.Text(message["type"]) == "poll"))["poll"]!;
        Assert.Equal("When is it?", Deployment.Text(poll["question"]));
        Assert.Equal(["six o'clock", "seven o'clock"], poll["options"]!.AsArray().Select(Deployment.Text));

        var sent = await deployment.Post("/api/v1/messages", new { from = _number, to = _person, location = new { latitude = -33.8688, longitude = 151.2093, name = "Sydney, harbour" } });
        await deployment.MessageIs(Deployment.Text(sent["id"]), "delivered");
        var arrived = Assert.Single(await deployment.WhatsApp.Inbox(_person))!["message"]!["locationMessage"]!;
        Assert.Equal((-33.8688, 151.2093, "Sydney, harbour"), (arrived["degreesLatitude"]!.GetValue<double>(), arrived["degreesLongitude"]!.GetValue<double>(), Deployment.Text(arrived["name"])));
    }

    private Task Reactions(string message, params (string Emoji, bool FromMe)[] expected) => deployment.Message(
        message,
        one => one["reactions"]!.AsArray().Select(reaction => (Deployment.Text(reaction!["emoji"]), reaction["fromMe"]!.GetValue<bool>())).Order().SequenceEqual(expected.Order()));

    private Task Described(object message) => deployment.WhatsApp.OnPhone(_person, "send", new { to = _phone, message });

    private Task Cards(params (string Name, string Phone)[] expected) => deployment.Shown(
        _person,
        message => message["contacts"]!.AsArray().Select(card => (Deployment.Text(card!["name"]), Deployment.Text(card["phones"]!.AsArray().Single()))).SequenceEqual(expected));

    private static string Card(string name, string phone) =>
        $"BEGIN:VCARD\nVERSION:3.0\nFN:{name}\nitem1.TEL;waid={new string([.. phone.Where(char.IsAsciiDigit)])}:{phone}\nitem1.X-ABLabel:Mobile\nEND:VCARD";
}
