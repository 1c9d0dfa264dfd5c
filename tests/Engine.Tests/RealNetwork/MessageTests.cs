using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>Messages over the real protocol, with real encryption, both ways.</summary>
public sealed partial class MessageTests(Deployment deployment) : IClassFixture<Deployment>, IAsyncLifetime
{
    private string _number = "";
    private string _phone = "";
    private string _person = "";

    public async ValueTask InitializeAsync()
    {
        (_number, _phone) = await deployment.LinkedNumber();
        _person = await deployment.Person();
    }

    public async ValueTask DisposeAsync() => Assert.Empty(await deployment.WhatsApp.Problems());

    [Fact]
    public async Task A_text_reaches_the_person_and_is_delivered_and_read()
    {
        var sent = await deployment.Send(_number, _person, "Hello 👋");

        await deployment.MessageIs(sent, "delivered");
        var arrived = Assert.Single(await deployment.WhatsApp.Inbox(_person))!;
        Assert.Equal("Hello 👋", Deployment.Text(arrived["text"]));

        await deployment.WhatsApp.OnPhone(_person, "read", new { to = _phone, ids = new[] { Deployment.Text(arrived["id"]) } });
        await deployment.MessageIs(sent, "read");
    }

    [Fact]
    public async Task Many_texts_to_one_person_arrive_once_and_in_order_and_the_network_is_asked_once_for_leave_to_write_to_them()
    {
        var texts = Enumerable.Range(0, 30).Select(n => $"text number {n}").ToList();
        foreach (var text in texts)
        {
            await deployment.Send(_number, _person, text);
        }

        var inbox = await deployment.Inbox(_person, inbox => inbox.Count >= texts.Count);
        Assert.Equal(texts, inbox.Select(message => Deployment.Text(message!["text"])));
        await deployment.MessageIs(await deployment.Send(_number, _person, "one more"), "delivered");
        Assert.Single(await deployment.WhatsApp.Tokens(), asked => Deployment.Text(asked!["to"]).StartsWith(_person, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_text_as_long_as_a_person_can_write_arrives_also_as_the_answer_to_one_as_long()
    {
        var text = "Words without end: ".PadRight(65_536, '\u0939');
        var id = await deployment.WhatsApp.Say(_person, _phone, text);
        var first = await deployment.Shown(_person, message => Deployment.Text(message["text"]) == text);
        var author = Deployment.Text((await deployment.WhatsApp.Account(_person))["jid"]);

        await deployment.WhatsApp.OnPhone(_person, "reply", new { to = _phone, target = new { id, author, text }, text });

        var answer = await deployment.Shown(_person, message => Deployment.Text(message["replyTo"]) == Deployment.Text(first["id"]));
        Assert.Equal(text, Deployment.Text(answer["text"]));
    }

    [Fact]
    public async Task What_a_person_writes_arrives_with_their_name_and_an_answer_reaches_them()
    {
        await deployment.WhatsApp.Say(_person, _phone, "Is it open?");

        var arrived = await deployment.Shown(_person, message => Deployment.Text(message["text"]) == "Is it open?");
        Assert.False(arrived["fromMe"]!.GetValue<bool>());
        Assert.Equal("Customer", Deployment.Text(arrived["author"]!["name"]));

        await deployment.Post("/api/v1/messages", new { to = Deployment.Text(arrived["chat"]), text = "Until six.", replyTo = Deployment.Text(arrived["id"]) });
        var answer = (await deployment.Inbox(_person, inbox => inbox.Count == 1))[0]!;
        Assert.Equal("Until six.", Deployment.Text(answer["text"]));
        Assert.Contains("Is it open?", answer.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_person_sends_through_a_broadcast_list_arrives_in_the_chat_with_them()
    {
        var other = await deployment.Person("Other customer");
        var list = await deployment.WhatsApp.List(_person, _phone, other);
        await deployment.WhatsApp.Say(_person, _phone, "Hello to all");
        var direct = await deployment.Shown(_person, message => Deployment.Text(message["text"]) == "Hello to all");

        var id = await deployment.WhatsApp.Say(_person, list, "We moved.");

        var arrived = await deployment.Shown(_person, message => Deployment.Text(message["text"]) == "We moved.");
        Assert.Equal(Deployment.Text(direct["chat"]), Deployment.Text(arrived["chat"]));
        Assert.False(arrived["fromMe"]!.GetValue<bool>());
        Assert.Equal(direct["author"]!.ToJsonString(), arrived["author"]!.ToJsonString());

        await deployment.Post("/api/v1/messages", new { to = Deployment.Text(arrived["chat"]), text = "Good to know.", replyTo = Deployment.Text(arrived["id"]) });
        var answer = (await deployment.Inbox(_person, inbox => inbox.Count == 1))[0]!;
        Assert.Equal(id, Deployment.Text(answer["message"]!["extendedTextMessage"]!["contextInfo"]!["stanzaId"]));
        Assert.Equal("We moved.", Deployment.Text(Assert.Single(await deployment.WhatsApp.Inbox(other))!["text"]));
    }

    [Fact]
    public async Task What_is_typed_on_the_phone_appears_as_from_the_phone()
    {
        await deployment.WhatsApp.Say(_phone, _person, "from my phone");

        var seen = await deployment.Shown(_person, message => Deployment.Text(message["text"]) == "from my phone");
        Assert.True(seen["fromMe"]!.GetValue<bool>());
        Assert.Equal("phone", Deployment.Text(seen["author"]!["type"]));
    }

    [Fact]
    public async Task Reactions_edits_and_deletes_reach_the_person()
    {
        var sent = await deployment.Send(_number, _person, "teh letter");
        await deployment.MessageIs(sent, "delivered");

        await deployment.Do(HttpMethod.Patch, $"/api/v1/messages/{sent}", new { text = "the letter" });
        await deployment.Message(sent, message => Deployment.Text(message["text"]) == "the letter");
        await deployment.Post($"/api/v1/messages/{sent}/reactions", new { emoji = "👍" });
        await deployment.Message(sent, message => message["reactions"]!.AsArray().Count == 1);
        await deployment.Do(HttpMethod.Delete, $"/api/v1/messages/{sent}");
        await deployment.Message(sent, message => message["deletedAt"] is not null);

        var inbox = await deployment.Inbox(_person, inbox => inbox.Count == 4);
        var id = Deployment.Text(inbox[0]!["id"]);
        var (edit, reaction, revoke) = (Change(inbox[1]), inbox[2]!["message"]!["reactionMessage"], Change(inbox[3]));
        Assert.Equal(("teh letter", "the letter"), (Deployment.Text(inbox[0]!["text"]), Deployment.Text(inbox[1]!["text"])));
        Assert.Equal(("MESSAGE_EDIT", id), (Deployment.Text(edit?["type"]), Deployment.Text(edit?["key"]?["id"])));
        Assert.Equal(("👍", id), (Deployment.Text(reaction?["text"]), Deployment.Text(reaction?["key"]?["id"])));
        Assert.Equal(("REVOKE", id), (Deployment.Text(revoke?["type"]), Deployment.Text(revoke?["key"]?["id"])));
    }

    [Fact]
    public async Task Reactions_edits_and_deletes_of_a_person_change_their_message()
    {
        var id = await deployment.WhatsApp.Say(_person, _phone, "teh letter");
        var arrived = await deployment.Shown(_person, message => Deployment.Text(message["text"]) == "teh letter");
        var message = Deployment.Text(arrived["id"]);

        await deployment.WhatsApp.OnPhone(_person, "react", new { to = _phone, target = new { id, fromMe = true }, emoji = "🙏" });
        await deployment.Message(message, one => one["reactions"]!.AsArray().Select(reaction => Deployment.Text(reaction!["emoji"])).SequenceEqual(["🙏"]));
        await deployment.WhatsApp.OnPhone(_person, "edit", new { to = _phone, id, text = "the letter" });
        await deployment.Message(message, one => Deployment.Text(one["text"]) == "the letter" && one["editedAt"] is not null);
        await deployment.WhatsApp.OnPhone(_person, "revoke", new { to = _phone, id });
        await deployment.Message(message, one => one["deletedAt"] is not null && one["text"] is null);
    }

    [Fact]
    public async Task What_waited_while_nobody_was_connected_arrives_as_live()
    {
        await deployment.WhatsApp.Say(_person, _phone, "first of them");
        await deployment.Shown(_person, message => Deployment.Text(message["text"]) == "first of them");
        await deployment.Do(HttpMethod.Put, $"/api/v1/numbers/{_number}/desired", new { state = "stopped" });
        await deployment.Number(_number, view => Deployment.Text(view["status"]) == "disconnected");
        for (var n = 0; n < 10; n++)
        {
            await deployment.WhatsApp.Say(_person, _phone, $"waiting here {n}");
        }

        await deployment.Do(HttpMethod.Put, $"/api/v1/numbers/{_number}/desired", new { state = "started" });

        await deployment.Shown(_person, message => Deployment.Text(message["text"]) == "waiting here 9");
        var chat = await deployment.Get($"/api/v1/chats/{_person}");
        Assert.Equal(11, chat["unreadCount"]!.GetValue<int>());
    }

    [Fact]
    public async Task A_person_who_is_not_on_whatsapp_fails_the_message_visibly()
    {
        var sent = await deployment.Send(_number, Deployment.NewPhone(), "anybody there?");

        var failed = await deployment.MessageIs(sent, "failed");
        Assert.Equal("not_on_whatsapp", Deployment.Text(failed["error"]!["code"]));
    }

    [Fact]
    public async Task A_phone_that_is_written_in_another_way_is_reached_and_its_answer_comes_to_the_same_chat()
    {
        var digits = Deployment.NewPhone()[^8..];
        var (real, asked) = ($"55119{digits}", $"5511{digits}");
        await deployment.WhatsApp.OnServer("/accounts", new { phone = real, name = "Clara", otherForms = new[] { asked } });

        var sent = await deployment.Send(_number, asked, "Oi, Clara");

        await deployment.MessageIs(sent, "delivered");
        Assert.Equal("Oi, Clara", Deployment.Text(Assert.Single(await deployment.WhatsApp.Inbox(real))!["text"]));
        var chat = await deployment.Chat(asked, chat => Deployment.Text(chat["chatId"]) == $"{real}@s.whatsapp.net");
        await deployment.WhatsApp.Say(real, _phone, "Tudo bem?");
        var answer = await deployment.Shown(asked, message => Deployment.Text(message["text"]) == "Tudo bem?");
        Assert.Equal(Deployment.Text(chat["id"]), Deployment.Text(answer["chat"]));
        Assert.Equal(Deployment.Text(chat["id"]), Deployment.Text((await deployment.Chat(real, _ => true))["id"]));
        await deployment.MessageIs(await deployment.Send(_number, asked, "Tudo certo"), "delivered");
    }

    [Fact]
    public async Task A_message_that_the_server_refuses_fails_and_the_next_one_goes()
    {
        await deployment.MessageIs(await deployment.Send(_number, _person, "known by now"), "delivered");
        await deployment.WhatsApp.Fault(new { kind = "ack-error", phone = _phone, code = 463, count = 1 });

        var refused = await deployment.Send(_number, _person, "refused words");
        var next = await deployment.Send(_number, _person, "next words");

        Assert.Equal("restricted", Deployment.Text((await deployment.MessageIs(refused, "failed"))["error"]!["code"]));
        await deployment.MessageIs(next, "delivered");
    }

    [Fact]
    public async Task Who_cannot_decrypt_a_message_asks_again_and_gets_it()
    {
        await deployment.MessageIs(await deployment.Send(_number, _person, "one of three"), "delivered");
        await deployment.WhatsApp.OnPhone(_person, "forget-sessions", new { of = _phone });

        var sent = await deployment.Send(_number, _person, "two of three");

        await deployment.Inbox(_person, inbox => inbox.Any(message => Deployment.Text(message!["text"]) == "two of three"));
        await deployment.MessageIs(sent, "delivered");
    }

    [Fact]
    public async Task What_we_cannot_decrypt_is_asked_for_again_and_is_stored_once()
    {
        await deployment.WhatsApp.Say(_person, _phone, "one of three");
        await deployment.Shown(_person, message => Deployment.Text(message["text"]) == "one of three");
        await deployment.WhatsApp.OnPhone(_person, "garble", new { count = 1 });

        var id = await deployment.WhatsApp.Say(_person, _phone, "two of three");
        await deployment.Shown(_person, message => Deployment.Text(message["text"]) == "two of three");
        await deployment.WhatsApp.Say(_person, _phone, "three of three");
        await deployment.Shown(_person, message => Deployment.Text(message["text"]) == "three of three");

        var stored = (await deployment.Get($"/api/v1/chats/{_person}/messages?limit=200"))["data"]!.AsArray();
        Assert.Equal(["three of three", "two of three", "one of three"], stored.Select(message => Deployment.Text(message!["text"])));
        Assert.Equal(3, (await deployment.Get($"/api/v1/chats/{_person}"))["unreadCount"]!.GetValue<int>());
        var delivered = (await deployment.WhatsApp.Record())["delivered"]!.AsArray().Single(one => Deployment.Text(one!["id"]) == id)!;
        Assert.Equal(2, delivered["times"]!.GetValue<int>());
    }

    [Fact]
    public async Task A_reply_names_the_message_that_it_answers_whoever_gives_it()
    {
        var question = await deployment.Send(_number, _person, "Is six fine?");
        await deployment.MessageIs(question, "delivered");
        var asked = Assert.Single(await deployment.WhatsApp.Inbox(_person))!;

        var (id, author) = (Deployment.Text(asked["id"]), Deployment.Text((await deployment.WhatsApp.Account(_phone))["jid"]));
        var given = Deployment.Text((await deployment.WhatsApp.OnPhone(_person, "reply", new { to = _phone, target = new { id, author, text = "Is six fine?" }, text = "Seven then" }))["id"]);
        var reply = await deployment.Shown(_person, message => Deployment.Text(message["text"]) == "Seven then");
        Assert.Equal(question, Deployment.Text(reply["replyTo"]));

        await deployment.Post("/api/v1/messages", new { to = Deployment.Text(reply["chat"]), text = "Good, seven", replyTo = Deployment.Text(reply["id"]) });
        var answer = (await deployment.Inbox(_person, inbox => inbox.Count == 2))[1]!;
        var quoted = answer["message"]!["extendedTextMessage"]!["contextInfo"]!;
        Assert.Equal("Seven then", Deployment.Text(quoted["quotedMessage"]?["conversation"] ?? quoted["quotedMessage"]?["extendedTextMessage"]?["text"]));
        Assert.Equal(given, Deployment.Text(quoted["stanzaId"]));
    }

    [Fact]
    public async Task History_of_a_new_device_is_shown_and_not_counted_as_new()
    {
        var (phone, person) = (await deployment.Person("Shop"), await deployment.Person("Old friend"));
        await deployment.WhatsApp.OnPhone(phone, "history", new
        {
            chat = person, name = "Old friend", bootstrap = 5,
            messages = Enumerable.Range(0, 20).Select(n => new { id = $"OLD{n:D5}", text = $"old text {n}", fromMe = n % 2 == 0, at = $"2026-01-01T10:{n:D2}:00.000Z" }).ToArray(),
        });
        var number = await deployment.NewNumber();

        await deployment.LinkByQr(number, phone);

        await deployment.Shown(person, message => Deployment.Text(message["text"]) == "old text 19");
        Assert.Equal(0, (await deployment.Get($"/api/v1/chats/{person}"))["unreadCount"]!.GetValue<int>());

        // The phone told the newest five; the rest only when it is asked.
        Assert.Equal(5, (await deployment.Get($"/api/v1/chats/{person}/messages?limit=200"))["data"]!.AsArray().Count);
        var chat = Deployment.Text((await deployment.Get($"/api/v1/chats/{person}"))["id"]);
        await deployment.Post($"/api/v1/numbers/{number}/history", new { chatId = chat });

        await deployment.Shown(person, message => Deployment.Text(message["text"]) == "old text 0");
        Assert.Equal(20, (await deployment.Get($"/api/v1/chats/{person}/messages?limit=200"))["data"]!.AsArray().Count);
        Assert.Equal(0, (await deployment.Get($"/api/v1/chats/{person}"))["unreadCount"]!.GetValue<int>());
        await deployment.Number(number, view => Deployment.Text(view["history"]!["state"]) == "done");
    }

    private static System.Text.Json.Nodes.JsonNode? Change(System.Text.Json.Nodes.JsonNode? received) => received!["message"]!["protocolMessage"];
}
