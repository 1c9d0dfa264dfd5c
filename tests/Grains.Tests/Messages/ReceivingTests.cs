using Loopwave.Chats;
using Loopwave.Engines;
using Loopwave.Testing;
using Xunit;

namespace Loopwave.Messages;

public sealed class ReceivingTests(SharedCluster shared) : OneNumber(shared), IClassFixture<SharedCluster>
{
    [Fact]
    public async Task A_message_is_stored_with_its_chat_and_its_sender()
    {
        await Receive(From(Customer, "hello"));

        var chat = Assert.Single(await Cluster.ChatsOf(Number));
        Assert.Equal((Customer, "Amina", 1, ChatType.Direct, ChatStatus.Open), (chat.ChatId, chat.Name, chat.UnreadCount, chat.Type, chat.Status));
        Assert.Equal(Customer.Split('@')[0], chat.Phone);
        var message = Assert.Single(await Cluster.MessagesOf(chat.Id));
        Assert.Equal(("hello", MessageStatus.Received, false), (message.Text, message.Status, message.FromMe));
        Assert.Equal((Customer, Number, chat.Id, chat.ChatId), (message.From, message.To, message.Chat, message.ChatId));
        Assert.Equal(new MessageAuthor(AuthorType.Contact, chat.Contact, "Amina", Customer), message.Author);
        Assert.Equal((message.Id, "hello", message.Timestamp), (chat.LastMessage!.Id, chat.LastMessage.Text, chat.LastMessageAt!.Value));
        Assert.Equal(1, (await Cluster.View(Number)).Counters.ReceivedToday);
    }

    [Fact]
    public async Task A_batch_is_acknowledged_once_it_is_stored()
    {
        var batch = Cluster.Engine.Next(Number, new EngineEvent.MessageReceived(From(Customer, "hello")));
        await Cluster.Engine.Repeat(batch);

        EngineCursor cursor;
        do
        {
            cursor = await Cluster.Engine.NextAcknowledge(Number);
        }
        while (cursor != batch.Last);

        Assert.Single(await Cluster.MessagesOf(Customer));
    }

    [Fact]
    public async Task A_batch_that_comes_again_under_its_own_cursor_changes_nothing_and_is_acknowledged_again()
    {
        var batch = Cluster.Engine.Next(Number, new EngineEvent.MessageReceived(From(Customer, "hello")));
        await Cluster.Engine.Repeat(batch);
        var before = await State();

        await Cluster.Engine.Repeat(batch);

        Assert.Equal(before, await State());
        var acknowledged = 0;
        while (acknowledged < 2)
        {
            acknowledged += await Cluster.Engine.NextAcknowledge(Number) == batch.Last ? 1 : 0;
        }
    }

    [Fact]
    public async Task The_part_of_a_batch_that_was_not_seen_is_stored()
    {
        var first = Cluster.Engine.Next(Number, new EngineEvent.MessageReceived(From(Customer, "one")));
        await Cluster.Engine.Repeat(first);

        await Cluster.Engine.Repeat(first with { Events = [.. first.Events, new EngineEvent.MessageReceived(From(Customer, "two"))] });

        Assert.Equal(["two", "one"], (await Cluster.MessagesOf(Customer)).Select(message => message.Text));
        Assert.Equal(2, (await Chat()).UnreadCount);
    }

    [Fact]
    public async Task A_message_that_comes_again_under_a_new_cursor_changes_nothing()
    {
        var message = From(Customer, "hello");
        await Receive(message);
        var before = await State();

        await Receive(message);
        await Receive(message, message);

        Assert.Equal(before, await State());
    }

    [Fact]
    public async Task A_message_that_stands_in_one_batch_twice_is_stored_once()
    {
        var message = From(Customer, "hello");

        await Receive(message, message);

        Assert.Single(await Cluster.MessagesOf(Customer));
        Assert.Equal(1, (await Chat()).UnreadCount);
        Assert.Single((await Cluster.Outbox(Number)), row => row.Event == "message.created");
    }

    [Fact]
    public async Task One_id_in_two_chats_is_two_messages()
    {
        var other = Any.Jid();
        var id = Any.Inbound("", Now).WhatsAppId;

        await Receive(From(Customer, "here", id), From(other, "there", id));

        Assert.Equal("here", Assert.Single(await Cluster.MessagesOf(Customer)).Text);
        Assert.Equal("there", Assert.Single(await Cluster.MessagesOf(other)).Text);
    }

    [Fact]
    public async Task Messages_of_one_second_keep_the_order_in_which_they_came()
    {
        var at = Now;
        var texts = Enumerable.Range(1, 20).Select(n => $"{n}").ToList();
        foreach (var batch in texts.Chunk(7))
        {
            await Receive([.. batch.Select(text => From(Customer, text) with { Timestamp = at })]);
        }

        Assert.Equal(texts, (await Cluster.MessagesOf(Customer)).Reverse().Select(message => message.Text));
        Assert.Equal("20", (await Chat()).LastMessage!.Text);
    }

    [Fact]
    public async Task A_message_that_arrives_late_counts_as_unread_but_is_not_the_last_one()
    {
        await Receive(From(Customer, "new"));
        await Receive(From(Customer, "old") with { Timestamp = Now.AddHours(-1) });

        var chat = await Chat();
        Assert.Equal(("new", 2), (chat.LastMessage!.Text, chat.UnreadCount));
    }

    [Fact]
    public async Task Chats_are_listed_by_their_last_message()
    {
        var other = Any.Jid();
        await Receive(From(Customer, "first") with { Timestamp = Now.AddSeconds(-2) });
        await Receive(From(other, "second") with { Timestamp = Now.AddSeconds(-1) });
        Assert.Equal([other, Customer], (await Cluster.ChatsOf(Number)).Select(chat => chat.ChatId));

        await Receive(From(Customer, "third") with { Timestamp = Now });
        Assert.Equal([Customer, other], (await Cluster.ChatsOf(Number)).Select(chat => chat.ChatId));
    }

    [Fact]
    public async Task What_waited_to_be_sent_is_the_last_message_once_it_is_sent()
    {
        var sent = (await Cluster.Messages.Send(Any.Send("scheduled", Customer, Number) with { SendAt = Now.AddMinutes(5) })).Value!.Message.Id;
        await Receive(From(Customer, "meanwhile") with { Timestamp = Now.AddMinutes(1) });
        Assert.Equal("meanwhile", (await Chat()).LastMessage!.Text);

        Cluster.Clock.Advance(TimeSpan.FromMinutes(6));
        var relay = await Cluster.Engine.NextRelay(Number);
        await Cluster.Engine.Raise(Number, new EngineEvent.ServerAcknowledged(relay.WhatsAppId, Now));

        var chat = await Chat();
        Assert.Equal((sent, MessageStatus.Sent, Now), (chat.LastMessage!.Id, chat.LastMessage.Status, chat.LastMessageAt));
    }

    [Fact]
    public async Task A_message_typed_on_our_phone_is_ours_and_leaves_nothing_unread()
    {
        await Receive(From(Customer, "typed") with { FromMe = true, PushName = "Acme" });

        var chat = await Chat();
        Assert.Equal((0, Customer.Split('@')[0]), (chat.UnreadCount, chat.Name));
        var message = Assert.Single(await Cluster.MessagesOf(Customer));
        Assert.Equal((true, MessageStatus.Sent, Number, Customer), (message.FromMe, message.Status, message.From, message.To));
        Assert.Equal(new MessageAuthor(AuthorType.Phone), message.Author);
        Assert.Equal(0, (await Cluster.View(Number)).Counters.ReceivedToday);
    }

    [Fact]
    public async Task The_name_in_the_phones_address_book_wins_over_the_one_that_a_person_chose()
    {
        await Receive(From(Customer, "hello") with { PushName = "Ami ✨" });
        Assert.Equal("Ami ✨", (await Chat()).Name);

        await Raise(new EngineEvent.Named(Customer, "Amina Okafor", Saved: true));
        await Receive(From(Customer, "again") with { PushName = "Ami ✨" });
        await Raise(new EngineEvent.Named(Customer, "Ami"));
        Assert.Equal("Amina Okafor", (await Chat()).Name);

        await Raise(new EngineEvent.Named(Customer, "Amina", Saved: true));
        Assert.Equal("Amina", (await Chat()).Name);
    }

    [Fact]
    public async Task A_group_has_messages_of_several_people_and_no_contact_of_its_own()
    {
        var group = $"{Any.Phone()}@g.us";
        var (amina, bola) = (Any.Jid(), Any.Jid());
        await Receive(
            From(group, "from amina", "SAME") with { Participant = amina },
            From(group, "from bola", "SAME") with { Participant = bola, PushName = "Bola" });
        await Cluster.Engine.Raise(Number, new EngineEvent.Named(group, "Football"));

        var chat = await Cluster.Chats.Get(group, Number, Access.All);
        Assert.Equal((ChatType.Group, "Football", null, null, 2), (chat.Value!.Type, chat.Value.Name, chat.Value.Contact, chat.Value.Phone, chat.Value.UnreadCount));
        var messages = (await Cluster.MessagesOf(group)).Reverse().ToList();
        Assert.Equal(["from amina", "from bola"], messages.Select(message => message.Text));
        Assert.Equal([amina, bola], messages.Select(message => message.Author.Jid));
        Assert.Equal(["Amina", "Bola"], messages.Select(message => message.Author.Name));
        Assert.All(messages, message => Assert.Equal((group, Number), (message.From, message.To)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_group_that_was_named_before_its_first_message_has_its_name_from_then_on(bool inOneBatch)
    {
        var (group, other) = ($"{Any.Phone()}@g.us", $"{Any.Phone()}@g.us");
        var first = new EngineEvent.MessageReceived(From(group, "hello") with { Participant = Customer });
        await Raise(new EngineEvent.Named(group, "Football"), new EngineEvent.Named(other, "Chess"));
        if (!inOneBatch)
        {
            await Raise(new EngineEvent.Named(group, "Football on Sunday"));
            Assert.Null((await Cluster.Chats.Get(group, Number, Access.All)).Value);
        }

        await Raise(inOneBatch ? [new EngineEvent.Named(group, "Football on Sunday"), first] : [first]);
        Assert.Equal("Football on Sunday", (await Chat(group)).Name);
        Assert.Equal("Football on Sunday", (string)(await Events()).Last(row => row.Event == "chats.updated").Data["name"]!);

        await Cluster.Messages.Send(Any.Send("hello", other, Number));
        Assert.Equal("Chess", (await Chat(other)).Name);
        await Raise(new EngineEvent.Named(group, "Football"));
        Assert.Equal("Football", (await Chat(group)).Name);
    }

    [Fact]
    public async Task A_group_that_was_named_before_a_restart_has_its_name_after_it()
    {
        const string group = "120363000000000001@g.us";
        var cluster = await LoopwaveCluster.Start();
        var number = await cluster.ReadyNumber();
        await cluster.Engine.Raise(number, new EngineEvent.Named(group, "Football"));
        await using var restarted = await cluster.Restart();
        await restarted.Number(number).Ensure();
        await restarted.ComesBack(number);

        await restarted.Engine.Raise(number, new EngineEvent.MessageReceived(Any.Inbound("hello", restarted.Clock.GetUtcNow(), jid: group) with { Participant = Customer }));

        Assert.Equal("Football", Assert.Single(await restarted.ChatsOf(number)).Name);
    }

    [Fact]
    public async Task A_group_message_comes_once_whichever_form_its_writers_address_has()
    {
        var group = $"{Any.Phone()}@g.us";
        var (phone, lid) = (Any.Jid(), Any.Lid());
        var message = From(group, "hello") with { Participant = lid, OtherParticipant = phone };

        await Receive(message);
        await Receive(message with { Participant = phone, OtherParticipant = null });
        await Receive(message with { OtherParticipant = null });

        Assert.Equal(phone, Assert.Single(await Cluster.MessagesOf(group)).Author.Jid);
    }

    public static TheoryData<MessageType> Files => [MessageType.Image, MessageType.Video, MessageType.Audio, MessageType.Voice, MessageType.Document, MessageType.Sticker];

    [Theory, MemberData(nameof(Files))]
    public async Task A_file_is_stored_as_not_fetched_yet(MessageType type)
    {
        await Receive(From(Customer, "see this") with { Type = type, File = new RemoteFile([1, 2], "image/jpeg", "a.jpg", 1234, 7) });

        var message = Assert.Single(await Cluster.MessagesOf(Customer));
        Assert.Equal((type, "see this"), (message.Type, message.Text));
        Assert.Equal(
            ("image/jpeg", "a.jpg", 1234L, 7, MediaState.None, "/api/v1/media/" + message.Media!.Id),
            (message.Media.MimeType, message.Media.FileName, message.Media.Size, message.Media.DurationSeconds, message.Media.State, message.Media.Url));
    }

    [Fact]
    public async Task Locations_contact_cards_polls_mentions_and_the_unknown_are_kept()
    {
        await Receive(
            From(Customer, "") with { Text = null, Type = MessageType.Location, Location = new Location(48.1, 11.5, "Office") },
            From(Customer, "") with { Text = null, Type = MessageType.Contact, Contacts = [new ContactCard("Bola", ["919"])] },
            From(Customer, "") with { Text = null, Type = MessageType.Poll, Poll = new Poll("Tea?", ["Yes", "No"]) },
            From(Customer, "") with { Text = null, Type = MessageType.Unsupported },
            From(Customer, "@1 look") with { Mentions = ["1@s.whatsapp.net"] });

        var messages = (await Cluster.MessagesOf(Customer)).Reverse().ToList();
        Assert.Equal([MessageType.Location, MessageType.Contact, MessageType.Poll, MessageType.Unsupported, MessageType.Text], messages.Select(message => message.Type));
        Assert.Equal(new Location(48.1, 11.5, "Office"), messages[0].Location);
        Assert.Equal(("Bola", "919"), (messages[1].Contacts.Single().Name, messages[1].Contacts.Single().Phones.Single()));
        Assert.Equal(("Tea?", "No"), (messages[2].Poll!.Question, messages[2].Poll!.Options[1]));
        Assert.Equal(["1@s.whatsapp.net"], messages[4].Mentions);
    }

    [Fact]
    public async Task A_reply_links_to_the_message_it_answers()
    {
        var question = From(Customer, "question");
        await Receive(question);
        await Receive(
            From(Customer, "answer") with { ReplyTo = new TargetMessage(question.WhatsAppId, false, null) },
            From(Customer, "to nothing") with { ReplyTo = new TargetMessage("UNKNOWN", false, null) });

        var messages = (await Cluster.MessagesOf(Customer)).Reverse().ToList();
        Assert.Equal([null, messages[0].Id, null], messages.Select(message => message.ReplyTo));
    }

    [Fact]
    public async Task A_persons_name_follows_what_they_call_themselves_and_finds_their_chat()
    {
        await Cluster.Messages.Send(Any.Send("hi", Customer, Number));
        Assert.Equal(Customer.Split('@')[0], (await Chat()).Name);

        await Receive(From(Customer, "hello") with { PushName = "Zuleikha" });
        Assert.Equal("Zuleikha", (await Chat()).Name);
        Assert.Equal(Customer, Assert.Single((await Cluster.Chats.List(new ChatFilter(Number: Number, Search: "zulei"), new PageRequest(), Access.All)).Value!.Data).ChatId);

        await Cluster.Engine.Raise(Number, new EngineEvent.Named(Customer, "Zuleikha O."));
        Assert.Equal("Zuleikha O.", (await Chat()).Name);
    }

    [Fact]
    public async Task Somebody_who_has_no_name_and_no_phone_has_none()
    {
        var lid = Any.Lid();
        await Receive(From(lid, "hello") with { PushName = null });

        var chat = Assert.Single(await Cluster.ChatsOf(Number));
        Assert.Equal((lid, null, null), (chat.ChatId, chat.Name, chat.Phone));
    }

    // What anybody can see of this number.
    private async Task<string> State() => string.Join(
        '\n',
        System.Text.Json.JsonSerializer.Serialize(await Cluster.ChatsOf(Number)),
        System.Text.Json.JsonSerializer.Serialize(await Cluster.MessagesOf(Customer)),
        System.Text.Json.JsonSerializer.Serialize((await Cluster.View(Number)).Counters),
        (await Cluster.Outbox(Number)).Count);
}
