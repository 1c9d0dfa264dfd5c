using System.Text.Json.Nodes;
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

        await deployment.WhatsApp.Say(other, group, "Welcome in");
        Assert.Equal("Other", Deployment.Text((await Shown(group, "Welcome in"))["author"]!["name"]));
        Assert.Empty(await deployment.WhatsApp.Problems());
    }

    [Fact]
    public async Task What_is_read_answered_reacted_to_and_sent_as_a_file_in_a_group_is_known_on_both_sides()
    {
        var (number, phone) = await deployment.LinkedNumber();
        var (one, other) = (await deployment.Person("One"), await deployment.Person("Other"));
        var group = await deployment.WhatsApp.Group(one, "Neighbours", phone, other);
        var (own, author) = (await Hidden(phone), await Hidden(one));
        var asked = await deployment.WhatsApp.Say(one, group, "Who comes?");
        var question = await Shown(group, "Who comes?");

        await deployment.Do(HttpMethod.Post, $"/api/v1/chats/{Uri.EscapeDataString(group)}/read");
        Assert.Equal(group, Deployment.Text((await deployment.ReadBy(phone, one, asked))["chat"]));

        var answer = Deployment.Text((await deployment.Post("/api/v1/messages", new { to = Deployment.Text(question["chat"]), text = "Me and one more", replyTo = Deployment.Text(question["id"]) }))["id"]);
        var arrived = await Arrived(one, message => Deployment.Text(message["text"]) == "Me and one more");
        var quoted = arrived["message"]!["extendedTextMessage"]!["contextInfo"]!;
        Assert.Equal((asked, author), (Deployment.Text(quoted["stanzaId"]), Deployment.Text(quoted["participant"])));
        await deployment.MessageIs(answer, "delivered");
        var id = Deployment.Text(arrived["id"]);
        await deployment.WhatsApp.OnPhone(other, "read", new { to = group, ids = new[] { id }, author = phone });
        await deployment.MessageIs(answer, "read");
        await deployment.WhatsApp.OnPhone(one, "reply", new { to = group, target = new { id, author = own, text = "Me and one more" }, text = "Good, then" });
        Assert.Equal(answer, Deployment.Text((await Shown(group, "Good, then"))["replyTo"]));
        await deployment.Post("/api/v1/messages", new { to = Deployment.Text(question["chat"]), text = "At noon then", replyTo = answer });
        var more = await Arrived(one, message => Deployment.Text(message["text"]) == "At noon then");
        Assert.Equal(own, Deployment.Text(more["message"]!["extendedTextMessage"]!["contextInfo"]!["participant"]));

        await deployment.WhatsApp.OnPhone(other, "react", new { to = group, target = new { id, participant = own }, emoji = "👍" });
        await deployment.Message(answer, message => message["reactions"]!.AsArray().Select(given => Deployment.Text(given!["emoji"])).SequenceEqual(["👍"]));
        await deployment.Post($"/api/v1/messages/{Deployment.Text(question["id"])}/reactions", new { emoji = "🙏" });
        var reaction = (await Arrived(one, message => Deployment.Text(message["text"]) == "🙏"))["message"]!["reactionMessage"]!;
        Assert.Equal((asked, author), (Deployment.Text(reaction["key"]!["id"]), Deployment.Text(reaction["key"]!["participant"])));

        byte[] content = [.. "a picture"u8];
        await deployment.WhatsApp.OnPhone(other, "send-file", new { to = group, kind = "image", mimetype = "image/jpeg", base64 = Convert.ToBase64String(content), caption = "The garden" });
        var picture = await Shown(group, "The garden");
        Assert.Equal(("image", "Other"), (Deployment.Text(picture["type"]), Deployment.Text(picture["author"]!["name"])));
        Assert.Equal(content, await deployment.Api.GetByteArrayAsync(Deployment.Text(picture["media"]!["url"])));
        await deployment.Post("/api/v1/messages", new { from = number, to = group, text = "Our new shop", media = new { id = await deployment.Upload(content, "image/jpeg") } });
        foreach (var member in new[] { one, other })
        {
            var file = await Arrived(member, message => Deployment.Text(message["text"]) == "Our new shop");
            Assert.Equal(content, await deployment.WhatsApp.File(member, Deployment.Text(file["id"])));
        }

        Assert.Empty(await deployment.WhatsApp.Problems());
    }

    [Fact]
    public async Task Who_joins_a_group_gets_what_is_written_from_then_on_and_who_leaves_gets_no_more()
    {
        var (number, phone) = await deployment.LinkedNumber();
        var (one, leaves, joins) = (await deployment.Person("One"), await deployment.Person("Leaves"), await deployment.Person("Joins"));
        var group = await deployment.WhatsApp.Group(one, "Neighbours", phone, leaves);
        await deployment.MessageIs(await deployment.Send(number, group, "before that"), "delivered");

        await deployment.WhatsApp.OnServer($"/groups/{group}/add", new { actor = one, members = new[] { joins } });
        await deployment.Told(phone);
        await deployment.Send(number, group, "all of us");
        await Has(["before that", "all of us"], one, leaves);
        await Has(["all of us"], joins);

        // Whoever asks again makes the library forget who has the key.
        await deployment.WhatsApp.OnPhone(one, "forget-sessions", new { of = phone });
        await deployment.Send(number, group, "still all of us");
        await Has(["before that", "all of us", "still all of us"], one, leaves);
        await Has(["all of us", "still all of us"], joins);

        await deployment.WhatsApp.OnServer($"/groups/{group}/remove", new { actor = one, members = new[] { leaves } });
        await deployment.Told(phone);

        // Somebody who asks again makes us give the group's key to all members anew.
        await deployment.WhatsApp.OnPhone(one, "forget-sessions", new { of = phone });
        await deployment.Send(number, group, "without one");
        await Has(["before that", "all of us", "still all of us", "without one"], one);
        await Has(["all of us", "still all of us", "without one"], joins);
        await Has(["before that", "all of us", "still all of us"], leaves);
        Assert.Empty(await deployment.WhatsApp.Problems());
    }

    [Fact]
    public async Task What_cannot_be_read_in_a_group_is_asked_for_again_on_both_sides()
    {
        var (number, phone) = await deployment.LinkedNumber();
        var (one, other) = (await deployment.Person("One"), await deployment.Person("Other"));
        var group = await deployment.WhatsApp.Group(one, "Neighbours", phone, other);
        await deployment.WhatsApp.Say(one, group, "first words");
        await Shown(group, "first words");
        await deployment.Send(number, group, "hello to all");
        await Has(["first words", "hello to all"], other);

        await deployment.WhatsApp.OnPhone(one, "garble", new { count = 1 });
        var id = await deployment.WhatsApp.Say(one, group, "second words");
        await Shown(group, "second words");
        Assert.Equal(2, Times((await deployment.WhatsApp.Record())["delivered"], id, "times"));

        await deployment.WhatsApp.OnPhone(other, "forget-sessions", new { of = phone });
        var again = await deployment.Send(number, group, "once more");
        var arrived = await Arrived(other, message => Deployment.Text(message["text"]) == "once more");
        await deployment.MessageIs(again, "delivered");
        Assert.Equal(1, Times((await deployment.WhatsApp.Record())["sent"], Deployment.Text(arrived["id"]), "retries"));
        await deployment.Send(number, group, "and so on then");
        await Arrived(one, message => Deployment.Text(message["text"]) == "and so on then");
        await Arrived(other, message => Deployment.Text(message["text"]) == "and so on then");

        var stored = (await deployment.Get($"/api/v1/chats/{Uri.EscapeDataString(group)}/messages?limit=200"))["data"]!.AsArray();
        Assert.Equal(["and so on then", "first words", "hello to all", "once more", "second words"], stored.Select(message => Deployment.Text(message!["text"])).Order());
        Assert.Empty(await deployment.WhatsApp.Problems());
    }

    [Fact]
    public async Task A_message_to_a_group_that_is_not_there_fails_at_once_and_the_number_stays_ready()
    {
        var (number, _) = await deployment.LinkedNumber();
        var person = await deployment.Person();

        var sent = await deployment.Send(number, "120363000000000001@g.us", "Anybody there?");

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
        await deployment.Told(phone);

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

    private Task<JsonObject> Shown(string group, string text) =>
        deployment.Shown(group, message => Deployment.Text(message["text"]) == text);

    private async Task<JsonNode> Arrived(string person, Func<JsonNode, bool> wanted) =>
        (await deployment.Inbox(person, inbox => inbox.Any(message => wanted(message!)))).First(message => wanted(message!))!;

    private async Task Has(string[] texts, params string[] people)
    {
        foreach (var person in people)
        {
            // What is sent once more for one of them all get once more, under the same id.
            var inbox = await deployment.Inbox(person, inbox => inbox.DistinctBy(message => Deployment.Text(message!["id"])).Count() >= texts.Length);
            Assert.Equal(texts, inbox.Select(message => Deployment.Text(message!["text"])).Distinct());
        }
    }

    private async Task<string> Hidden(string phone) => Deployment.Text((await deployment.WhatsApp.Account(phone))["lid"]);

    private static int Times(JsonNode? record, string id, string what) =>
        record!.AsArray().Single(one => Deployment.Text(one!["id"]) == id)![what]!.GetValue<int>();
}
