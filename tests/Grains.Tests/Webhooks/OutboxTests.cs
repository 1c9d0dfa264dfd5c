using System.Text.Json.Nodes;
using Loopwave.Engines;
using Loopwave.Messages;
using Loopwave.Testing;
using Xunit;

namespace Loopwave.Webhooks;

/// <summary>What integrators will receive, to the letter of the public shapes.</summary>
public sealed class OutboxTests(SharedCluster shared) : OneNumber(shared), IClassFixture<SharedCluster>
{
    private static readonly DateTimeOffset Sent = new(2026, 6, 29, 10, 14, 59, TimeSpan.Zero);

    [Fact]
    public async Task An_inbound_message_is_announced_with_all_its_fields_and_its_chat_after_it()
    {
        var sequence = await LastSequence();
        await Receive(From(Customer, "Hi \"you\" <&> ☕") with { Timestamp = Sent });

        var chat = await Chat();
        var message = await OnlyMessage();
        var events = await Events(sequence);
        Assert.Equal(["message.created", "chats.updated"], events.Select(row => row.Event));
        Is(events[0], $$"""
            {
              "event": "message.created",
              "data": {
                "id": "{{message.Id}}", "number": "{{Number}}", "chat": "{{chat.Id}}", "chatId": "{{Customer}}", "fromMe": false,
                "from": "{{Customer}}", "to": "{{Number}}",
                "author": { "type": "contact", "id": "{{chat.Contact}}", "name": "Amina", "jid": "{{Customer}}" },
                "type": "text", "text": "Hi \"you\" <&> ☕", "media": null, "location": null, "contacts": [], "poll": null, "replyTo": null,
                "mentions": [], "reactions": [], "editedAt": null, "deletedAt": null, "status": "received", "error": null,
                "timestamp": "2026-06-29T10:14:59.000Z", "sendAt": null, "clientMessageId": null, "updatedAt": "{{Iso(Now)}}",
                "sequence": {{events[0].Sequence}}
              },
              "timestamp": "{{Iso(Now)}}"
            }
            """);
        Is(events[1], $$"""
            {
              "event": "chats.updated",
              "data": {
                "id": "{{chat.Id}}", "chatId": "{{Customer}}", "number": "{{Number}}", "type": "direct", "name": "Amina",
                "phone": "{{Customer.Split('@')[0]}}", "contact": "{{chat.Contact}}", "tags": [], "status": "open", "assignee": null, "unreadCount": 1,
                "lastMessage": { "id": "{{message.Id}}", "type": "text", "text": "Hi \"you\" <&> ☕", "fromMe": false, "status": "received", "timestamp": "2026-06-29T10:14:59.000Z" },
                "lastMessageAt": "2026-06-29T10:14:59.000Z", "resolvedAt": null, "createdAt": "{{Iso(Now)}}", "updatedAt": "{{Iso(Now)}}",
                "changed": ["activity"]
              },
              "timestamp": "{{Iso(Now)}}"
            }
            """);
    }

    [Fact]
    public async Task All_that_a_message_can_hold_has_its_documented_shape()
    {
        var group = $"{Any.Phone()}@g.us";
        await Receive(
            From(group, "caption") with { Participant = Customer, Type = MessageType.Document, File = new RemoteFile([1], "application/pdf", "a.pdf", 10, null), Mentions = ["91@s.whatsapp.net"] },
            From(group, "") with { Participant = Customer, Text = null, Type = MessageType.Location, Location = new Location(48.5, 11, null) },
            From(group, "") with { Participant = Customer, Text = null, Type = MessageType.Contact, Contacts = [new ContactCard("Bola", ["91"])] },
            From(group, "") with { Participant = Customer, Text = null, Type = MessageType.Poll, Poll = new Poll("Tea?", ["Yes", "No"]) });

        var data = (await Events()).Where(row => row.Event == "message.created").Select(row => row.Data).ToList();
        var media = (string)data[0]["media"]!["id"]!;
        Same($$"""
            { "id": "{{media}}", "mimeType": "application/pdf", "fileName": "a.pdf", "size": 10, "durationSeconds": null, "state": "none", "reason": null, "url": "/api/v1/media/{{media}}" }
            """, data[0]["media"]!);
        Same($$"""["91@s.whatsapp.net"]""", data[0]["mentions"]!);
        Same($$"""{ "type": "contact", "id": null, "name": "Amina", "jid": "{{Customer}}" }""", data[0]["author"]!);
        Same("""{ "latitude": 48.5, "longitude": 11, "name": null }""", data[1]["location"]!);
        Same("""[{ "name": "Bola", "phones": ["91"] }]""", data[2]["contacts"]!);
        Same("""{ "question": "Tea?", "options": ["Yes", "No"] }""", data[3]["poll"]!);
        Assert.Equal(["document", "location", "contact", "poll"], data.Select(one => (string)one["type"]!));
    }

    [Fact]
    public async Task Our_own_message_is_announced_when_the_network_took_it_and_every_status_after_that()
    {
        var sequence = await LastSequence();
        var answer = await Cluster.Messages.Send(Any.Send("Hi", Customer, Number) with { ClientMessageId = "order-1" });
        var id = answer.Value!.Message.Id;
        Cluster.Clock.Advance(TimeSpan.FromSeconds(2));
        var relay = await Cluster.Engine.NextRelay(Number);
        Assert.Empty(await Events(sequence));

        await Raise(new EngineEvent.ServerAcknowledged(relay.WhatsAppId, Sent));
        await Raise(new EngineEvent.ReceiptReceived(Customer, [relay.WhatsAppId], ReceiptKind.Delivered, Sent.AddSeconds(1)));

        var chat = await Chat();
        var events = await Events(sequence);
        Assert.Equal(["message.created", "message.status", "chats.updated", "message.status"], events.Select(row => row.Event));
        Is(events[0], $$"""
            {
              "event": "message.created",
              "data": {
                "id": "{{id}}", "number": "{{Number}}", "chat": "{{chat.Id}}", "chatId": "{{Customer}}", "fromMe": true,
                "from": "{{Number}}", "to": "{{Customer}}",
                "author": { "type": "api", "id": "key00001", "name": "Test", "jid": null },
                "type": "text", "text": "Hi", "media": null, "location": null, "contacts": [], "poll": null, "replyTo": null,
                "mentions": [], "reactions": [], "editedAt": null, "deletedAt": null, "status": "sent", "error": null,
                "timestamp": "2026-06-29T10:14:59.000Z", "sendAt": null, "clientMessageId": "order-1", "updatedAt": "{{Iso(Now)}}",
                "sequence": {{events[0].Sequence}}
              },
              "timestamp": "{{Iso(Now)}}"
            }
            """);
        Is(events[3], $$"""
            {
              "event": "message.status",
              "data": {
                "id": "{{id}}", "number": "{{Number}}", "chat": "{{chat.Id}}", "chatId": "{{Customer}}", "status": "delivered", "error": null,
                "at": "2026-06-29T10:15:00.000Z", "clientMessageId": "order-1", "sequence": {{events[3].Sequence}}
              },
              "timestamp": "{{Iso(Now)}}"
            }
            """);
    }

    [Fact]
    public async Task A_failed_send_says_why()
    {
        var (id, relay) = await Send("cold");
        await Raise(new EngineEvent.ServerAcknowledged(relay.WhatsAppId, Sent, 463));

        var failed = (await Events())[^1];
        Is(failed, $$"""
            {
              "event": "message.status",
              "data": {
                "id": "{{id}}", "number": "{{Number}}", "chat": "{{(await Chat()).Id}}", "chatId": "{{Customer}}", "status": "failed",
                "error": { "code": "restricted", "message": "WhatsApp does not let this number start new chats at the moment." },
                "at": "{{Iso(Now)}}", "clientMessageId": null, "sequence": {{failed.Sequence}}
              },
              "timestamp": "{{Iso(Now)}}"
            }
            """);
    }

    [Theory]
    [InlineData("reactions")]
    [InlineData("text")]
    [InlineData("deleted")]
    public async Task A_changed_message_is_announced_whole_with_what_changed(string changed)
    {
        var inbound = From(Customer, "Hi");
        await Receive(inbound);
        var target = new TargetMessage(inbound.WhatsAppId, false, null);
        var sequence = await LastSequence();

        await Raise(changed switch
        {
            "reactions" => new EngineEvent.ReactionReceived(Customer, target, "👍", false, null, Sent),
            "text" => new EngineEvent.MessageEdited(Customer, target, "Hello", Sent, Them),
            _ => new EngineEvent.MessageRevoked(Customer, target, Sent, Them),
        });

        var updated = Assert.Single(await Events(sequence));
        Assert.Equal("message.updated", updated.Event);
        var message = await OnlyMessage();
        var expected = JsonNode.Parse(System.Text.Json.JsonSerializer.Serialize(message, PublicJson.Options))!;
        expected["changed"] = new JsonArray(changed);
        expected["sequence"] = updated.Sequence;
        Assert.Equal(expected.ToJsonString(PublicJson.Options), updated.Data.ToJsonString(PublicJson.Options));
        if (changed == "reactions")
        {
            Same($$"""[{ "emoji": "👍", "fromMe": false, "jid": "{{Customer}}", "timestamp": "2026-06-29T10:14:59.000Z" }]""", updated.Data["reactions"]!);
        }
    }

    [Fact]
    public async Task Two_contacts_that_turn_out_to_be_one_are_announced()
    {
        var lid = Any.Lid();
        await Receive(From(lid, "hidden"), From(Customer, "open"));
        var (gone, stays) = ((await Chat(lid)).Contact, (await Chat()).Contact);

        await Raise(new EngineEvent.AliasLearned(Customer, lid));

        Is(Assert.Single(await Events(), row => row.Event == "contact.merged"), $$"""
            {
              "event": "contact.merged",
              "data": { "id": "{{stays}}", "mergedId": "{{gone}}", "at": "{{Iso(Now)}}" },
              "timestamp": "{{Iso(Now)}}"
            }
            """);
    }

    [Fact]
    public async Task Every_change_of_a_numbers_status_is_announced()
    {
        var number = await Cluster.View(Number);
        await Raise(new EngineEvent.Closed(403));

        Is((await Events())[^1], $$"""
            {
              "event": "session.status",
              "data": {
                "id": "{{Number}}", "label": "Support", "phone": "{{number.Phone}}", "status": "disconnected", "detail": "restricted", "previous": "ready",
                "reason": { "code": "locked", "message": "WhatsApp locked the account. Look at the phone, then reconnect." }, "at": "{{Iso(Now)}}"
              },
              "timestamp": "{{Iso(Now)}}"
            }
            """);
    }

    [Fact]
    public async Task An_unlinked_number_is_announced_as_removed()
    {
        var number = await Cluster.View(Number);
        await Cluster.Number(Number).Unlink();

        var removed = Assert.Single(await Events(), row => row.Event == "session.removed");
        Is(removed, $$"""
            {
              "event": "session.removed",
              "data": {
                "id": "{{Number}}", "label": "Support", "phone": "{{number.Phone}}",
                "reason": { "code": "removed", "message": "An admin unlinked this number." }, "at": "{{Iso(Now)}}"
              },
              "timestamp": "{{Iso(Now)}}"
            }
            """);
    }

    [Fact]
    public async Task Every_event_has_an_id_of_its_own_and_sequences_only_rise()
    {
        var inbound = From(Customer, "Hi");
        await Receive(inbound, From(Any.Jid(), "Ho"));
        var (_, relay) = await Send("answer");
        await Raise(new EngineEvent.ServerAcknowledged(relay.WhatsAppId, Now), new EngineEvent.MessageRevoked(Customer, new TargetMessage(inbound.WhatsAppId, false, null), Now, Them));
        await Raise(new EngineEvent.Closed(428));

        var events = await Events();
        Assert.Equal(events.Count, events.Select(row => row.Id).Distinct().Count());
        Assert.All(events, row => Assert.Matches("^evt_[0-9a-f-]{36}$", row.Id));
        Assert.Equal(events.Select(row => row.Sequence).Order().Distinct(), events.Select(row => row.Sequence));
        Assert.All(events, row => Assert.True(row.Data["sequence"] is null || (long)row.Data["sequence"]! == row.Sequence));
    }

    [Fact]
    public async Task History_is_not_announced()
    {
        var sequence = await LastSequence();

        await Raise(new EngineEvent.HistoryReceived([From(Customer, "old"), From(Customer, "ours") with { FromMe = true }], null, 50, false));

        Assert.Empty(await Events(sequence));
    }

    private static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", null);

    private static void Is(OutboxRow row, string expected) => Assert.Equal(Minified(expected), row.Body);

    private static void Same(string expected, JsonNode actual) => Assert.Equal(Minified(expected), actual.ToJsonString(PublicJson.Options));

    // Order of the fields and every byte count, only the spaces of the expectation do not.
    private static string Minified(string json) => JsonNode.Parse(json)!.ToJsonString(PublicJson.Options);
}
