using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>Groups over the real protocol, with sender keys.</summary>
public sealed class GroupTests(Deployment deployment) : IClassFixture<Deployment>
{
    [Fact]
    public async Task What_is_written_in_a_group_reaches_everybody_in_it_both_ways()
    {
        var (number, phone) = await deployment.LinkedNumber();
        var (one, other) = (await deployment.Person("One"), await deployment.Person("Other"));
        var group = await deployment.WhatsApp.Group(one, "Neighbours", phone, other);

        await deployment.WhatsApp.Say(one, group, "Hello all");
        var arrived = await Shown(group, "Hello all");
        Assert.Equal("One", Deployment.Text(arrived["author"]!["name"]));
        Assert.Equal("group", Deployment.Text((await deployment.Get($"/api/v1/chats/{Uri.EscapeDataString(group)}"))["type"]));

        await deployment.Send(number, group, "Hello from the shop");
        foreach (var member in new[] { one, other })
        {
            await deployment.Inbox(member, inbox => inbox.Any(message => Deployment.Text(message!["text"]) == "Hello from the shop"));
        }

        await deployment.WhatsApp.Say(other, group, "Welcome");
        Assert.Equal("Other", Deployment.Text((await Shown(group, "Welcome"))["author"]!["name"]));
        Assert.Empty(await deployment.WhatsApp.Problems());
    }

    [Fact]
    public async Task A_message_to_a_group_that_is_not_there_fails_at_once_and_the_number_stays_ready()
    {
        var (number, _) = await deployment.LinkedNumber();
        var person = await deployment.Person();

        var sent = await deployment.Send(number, "120363000000000001@g.us", "Anybody?");

        await FailsUnsent(number, person, sent);
    }

    [Fact]
    public async Task A_message_to_a_group_that_the_number_was_taken_out_of_fails_at_once_and_the_number_stays_ready()
    {
        var (number, phone) = await deployment.LinkedNumber();
        var person = await deployment.Person();
        var group = await deployment.WhatsApp.Group(person, "Neighbours", phone);
        await deployment.MessageIs(await deployment.Send(number, group, "Hello all"), "delivered");
        await deployment.WhatsApp.OnServer($"/groups/{group}/remove", new { actor = person, members = new[] { phone } });
        await Deployment.Until(
            () => deployment.WhatsApp.Account(phone), account => account["companions"]!.AsArray().All(device => device!["pending"]!.GetValue<int>() == 0));

        var sent = await deployment.Send(number, group, "Still here?");

        await FailsUnsent(number, person, sent);
    }

    private async Task FailsUnsent(string number, string person, string sent)
    {
        var failed = await deployment.MessageIs(sent, "failed");
        Assert.Equal("not_in_group", Deployment.Text(failed["error"]!["code"]));
        await deployment.MessageIs(await deployment.Send(number, person, "Just you"), "delivered");

        var timeline = (await deployment.Ready(number))["timeline"]!.AsArray();
        Assert.Single(timeline, entry => Deployment.Text(entry!["status"]) == "ready");
        Assert.Empty(await deployment.WhatsApp.Problems());
    }

    private Task<System.Text.Json.Nodes.JsonObject> Shown(string group, string text) =>
        deployment.Shown(group, message => Deployment.Text(message["text"]) == text);
}
