using System.Text.Json.Nodes;
using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>Nothing stops a phone from sending an edit or a revoke of what somebody else wrote. Ours is the only side that can refuse it.</summary>
public sealed class ForgeryTests(Deployment deployment) : IClassFixture<Deployment>
{
    private string _number = "";
    private string _phone = "";
    private string _one = "";
    private string _other = "";
    private string _group = "";

    [Fact]
    public async Task A_member_of_a_group_cannot_edit_what_another_or_we_wrote()
    {
        await Group();
        var (theirs, theirId) = await Said(_one, "I owe you ten");
        var (ours, ourId) = await Sent("I owe you twenty");

        await deployment.WhatsApp.OnPhone(_other, "edit", new { to = _group, id = theirId, text = "I owe you a thousand" });
        await deployment.WhatsApp.OnPhone(_other, "edit", new { to = _group, id = ourId, text = "I owe you a thousand" });

        await AllIsRead(_other);
        await Stands(theirs, "I owe you ten", "Edit");
        await Stands(ours, "I owe you twenty", "Edit");
    }

    [Fact]
    public async Task A_member_of_a_group_who_is_no_administrator_cannot_take_back_what_another_or_we_wrote()
    {
        await Group();
        var (theirs, theirId) = await Said(_one, "I owe you ten");
        var (ours, ourId) = await Sent("I owe you twenty");

        foreach (var (id, author) in new[] { (theirId, await Hidden(_one)), (ourId, await Hidden(_phone)) })
        {
            await deployment.WhatsApp.OnPhone(_other, "revoke", new { to = _group, id });
            await deployment.WhatsApp.OnPhone(_other, "revoke", new { to = _group, id, author });
        }

        await AllIsRead(_other);
        await Stands(theirs, "I owe you ten", "Revoke");
        await Stands(ours, "I owe you twenty", "Revoke");
    }

    [Fact]
    public async Task An_administrator_of_a_group_takes_back_what_others_wrote_and_no_longer_once_they_are_none()
    {
        await Group();
        var (theirs, theirId) = await Said(_one, "rude words");
        var (ours, ourId) = await Sent("ruder words");
        var (kept, keptId) = await Said(_one, "kind words");
        await deployment.WhatsApp.OnServer($"/groups/{_group}/promote", new { actor = _one, members = new[] { _other } });
        await deployment.WhatsApp.OnPhone(_other, "revoke", new { to = _group, id = theirId, author = await Hidden(_one) });
        await deployment.WhatsApp.OnPhone(_other, "revoke", new { to = _group, id = ourId, author = await Hidden(_phone) });
        await IsGone(theirs);
        await IsGone(ours);

        await deployment.WhatsApp.OnServer($"/groups/{_group}/demote", new { actor = _one, members = new[] { _other } });
        await deployment.WhatsApp.OnPhone(_other, "revoke", new { to = _group, id = keptId, author = await Hidden(_one) });
        await AllIsRead(_other);
        await Stands(kept, "kind words", "Revoke");

        await deployment.WhatsApp.OnServer($"/groups/{_group}/promote", new { actor = _one, members = new[] { _phone } });
        await deployment.WhatsApp.OnPhone(_phone, "revoke", new { to = _group, id = keptId, author = await Hidden(_one) });
        await IsGone(kept);
    }

    [Fact]
    public async Task What_we_wrote_to_a_customer_is_not_theirs_to_edit_or_take_back()
    {
        var (number, phone) = await deployment.LinkedNumber();
        var person = await deployment.Person();
        var sent = await deployment.Send(number, person, "the price is ten");
        await deployment.MessageIs(sent, "delivered");
        var id = Deployment.Text((await deployment.WhatsApp.Inbox(person))[0]!["id"]);

        foreach (var own in new[] { $"{phone}@s.whatsapp.net", await Hidden(phone) })
        {
            await deployment.WhatsApp.OnPhone(person, "revoke", new { to = phone, id, author = own });
            await deployment.WhatsApp.OnPhone(person, "send", new
            {
                to = phone,
                message = new { protocolMessage = new { key = new { remoteJid = own, fromMe = false, id, participant = own }, type = "MESSAGE_EDIT", editedMessage = new { conversation = "the price is one" } } },
            });
        }

        await deployment.WhatsApp.Say(person, phone, "that is all of it");
        await Shown(person, "that is all of it");
        await Stands(sent, "the price is ten", "Revoke");
    }

    [Fact]
    public async Task Authors_edit_and_take_back_their_own_under_either_address()
    {
        await Group();
        var (inGroup, inGroupId) = await Said(_one, "helo to all");
        var direct = await deployment.WhatsApp.Say(_one, _phone, "helo to you");
        var message = Deployment.Text((await Shown(_one, "helo to you"))["id"]);

        await deployment.WhatsApp.OnPhone(_one, "edit", new { to = _group, id = inGroupId, text = "hello to all" });
        await deployment.Message(inGroup, one => Deployment.Text(one["text"]) == "hello to all" && one["editedAt"] is not null);
        await deployment.WhatsApp.OnPhone(_one, "edit", new { to = _phone, id = direct, text = "hello to you", hidden = true });
        await deployment.Message(message, one => Deployment.Text(one["text"]) == "hello to you" && one["editedAt"] is not null);
        await deployment.WhatsApp.OnPhone(_one, "edit", new { to = _phone, id = direct, text = "hello, you" });
        await deployment.Message(message, one => Deployment.Text(one["text"]) == "hello, you");

        await deployment.WhatsApp.OnPhone(_one, "revoke", new { to = _group, id = inGroupId });
        await IsGone(inGroup);
        await deployment.WhatsApp.OnPhone(_one, "revoke", new { to = _phone, id = direct, hidden = true });
        await IsGone(message);
    }

    private async Task Group()
    {
        (_number, _phone) = await deployment.LinkedNumber();
        (_one, _other) = (await deployment.Person("One"), await deployment.Person("Other"));
        _group = await deployment.WhatsApp.Group(_one, "Neighbours", _phone, _other);
        await Said(_other, "good day to you");
    }

    private async Task<(string Message, string Id)> Said(string person, string text)
    {
        var id = await deployment.WhatsApp.Say(person, _group, text);
        return (Deployment.Text((await Shown(_group, text))["id"]), id);
    }

    private async Task<(string Message, string Id)> Sent(string text)
    {
        var message = await deployment.Send(_number, _group, text);
        await deployment.MessageIs(message, "delivered");
        var inbox = await deployment.Inbox(_one, inbox => inbox.Any(one => Deployment.Text(one!["text"]) == text));
        return (message, Deployment.Text(inbox.First(one => Deployment.Text(one!["text"]) == text)!["id"]));
    }

    // What a person writes comes in its order, so what they sent before this is through when this is there.
    private async Task AllIsRead(string person)
    {
        await deployment.WhatsApp.Say(person, _group, "that is all of it");
        await Shown(_group, "that is all of it");
    }

    private async Task Stands(string message, string text, string refused)
    {
        var now = await deployment.Get($"/api/v1/messages/{message}");
        Assert.Equal((text, null, null), (Deployment.Text(now["text"]), now["editedAt"], now["deletedAt"]));
        Assert.Contains(await deployment.Written(), written => written.Content.Contains($"\"Message\":\"{message}\",\"Change\":\"{refused}\"", StringComparison.Ordinal));
    }

    private Task<JsonObject> IsGone(string message) =>
        deployment.Message(message, one => one["deletedAt"] is not null && one["text"] is null);

    private Task<JsonObject> Shown(string chat, string text) => deployment.Shown(chat, message => Deployment.Text(message["text"]) == text);

    private async Task<string> Hidden(string phone) => Deployment.Text((await deployment.WhatsApp.Account(phone))["lid"]);
}
