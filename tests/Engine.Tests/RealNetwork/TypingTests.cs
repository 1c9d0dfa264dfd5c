using System.Text.Json.Nodes;
using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>Who writes, in both directions.</summary>
public sealed class TypingTests(Deployment deployment) : IClassFixture<Deployment>
{
    [Fact]
    public async Task A_person_who_writes_is_seen_in_the_chat_until_they_stop_or_have_written()
    {
        var (number, phone) = await deployment.LinkedNumber();
        var person = await deployment.Person();
        await deployment.WhatsApp.Say(person, phone, "Hi there");
        Assert.Null((await deployment.Chat(person, _ => true, number))["typing"]);

        await deployment.WhatsApp.OnPhone(person, "type", new { to = phone, state = "recording" });
        await deployment.Chat(person, chat => Deployment.Text(chat["typing"]?["state"]) == "recording", number);
        await deployment.WhatsApp.OnPhone(person, "type", new { to = phone, state = "paused" });
        await deployment.Chat(person, chat => chat["typing"] is null, number);

        await deployment.WhatsApp.OnPhone(person, "type", new { to = phone, state = "composing" });
        var writing = await deployment.Chat(person, chat => Deployment.Text(chat["typing"]?["state"]) == "composing", number);
        Assert.Equal(Deployment.Text(writing["chatId"]), Deployment.Text(Assert.Single(writing["typing"]!["jids"]!.AsArray())));
        await deployment.WhatsApp.Say(person, phone, "Is it open?");
        await deployment.Shown(person, message => Deployment.Text(message["text"]) == "Is it open?");
        Assert.Null((await deployment.Chat(person, _ => true, number))["typing"]);
    }

    [Fact]
    public async Task In_a_group_it_is_seen_who_writes()
    {
        var (number, phone) = await deployment.LinkedNumber();
        var (anna, bert) = (await deployment.Person("Anna"), await deployment.Person("Bert"));
        var group = await deployment.WhatsApp.Group(anna, "Crew", phone, bert);
        await deployment.WhatsApp.Say(anna, group, "Hi there all");
        await deployment.Chat(group, _ => true, number);

        await deployment.WhatsApp.OnPhone(bert, "type", new { to = group, state = "composing" });

        var chat = await deployment.Chat(group, chat => chat["typing"] is not null, number);
        var account = await deployment.WhatsApp.Account(bert);
        Assert.Equal(Deployment.Text(account["lid"]), Deployment.Text(Assert.Single(chat["typing"]!["jids"]!.AsArray())));
    }

    [Fact]
    public async Task That_we_write_reaches_the_network_as_it_wants_it()
    {
        var (number, phone) = await deployment.LinkedNumber();
        var person = await deployment.Person();
        await deployment.WhatsApp.Say(person, phone, "Hi there");
        var id = Deployment.Text((await deployment.Chat(person, _ => true, number))["id"]);

        foreach (var state in new[] { "composing", "recording", "paused" })
        {
            await deployment.Post($"/api/v1/chats/{id}/typing", new { state });
        }

        var own = Deployment.Text((await deployment.WhatsApp.Account(phone))["jid"]);
        var told = await Deployment.Until(
            async () => new JsonArray(
                [.. (await deployment.WhatsApp.Chatstates()).Where(one => Deployment.Text(one!["from"]) == own).Select(one => one!["state"]!.DeepClone())]),
            told => told.Count == 3);
        Assert.Equal(["composing", "recording", "paused"], told.Select(Deployment.Text));
        Assert.Empty(await deployment.WhatsApp.Problems());
        Assert.Equal(0, (await deployment.Get($"/api/v1/numbers/{number}"))["counters"]!["sentToday"]!.GetValue<int>());
    }
}
