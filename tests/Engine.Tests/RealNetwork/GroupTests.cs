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

    private Task<System.Text.Json.Nodes.JsonObject> Shown(string group, string text) =>
        deployment.Shown(group, message => Deployment.Text(message["text"]) == text);
}
