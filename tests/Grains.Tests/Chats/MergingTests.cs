using Loopwave.Engines;
using Loopwave.Testing;
using Xunit;

namespace Loopwave.Chats;

/// <summary>One person under two addresses is one chat and one contact, whenever that is learned.</summary>
public sealed class MergingTests(SharedCluster shared) : OneNumber(shared), IClassFixture<SharedCluster>
{
    private readonly string _lid = Any.Lid();

    private EngineEvent Alias => new EngineEvent.AliasLearned(Customer, _lid);

    [Fact]
    public async Task Two_addresses_known_as_one_from_the_start_are_one_chat()
    {
        await Receive(From(_lid, "one") with { OtherJid = Customer });
        await Receive(From(Customer, "two"), From(_lid, "three"));

        var chat = Assert.Single(await Cluster.ChatsOf(Number));
        Assert.Equal((Customer, 3), (chat.ChatId, chat.UnreadCount));
        Assert.Equal(["three", "two", "one"], (await Cluster.MessagesOf(_lid)).Select(message => message.Text));
    }

    [Fact]
    public async Task A_chat_begun_under_a_hidden_address_shows_the_phone_once_it_is_known()
    {
        await Receive(From(_lid, "hello") with { PushName = null });
        var before = await Chat(_lid);
        Assert.Equal((_lid, null, null), (before.ChatId, before.Phone, before.Name));

        await Raise(Alias);

        var after = await Chat(Customer);
        var digits = Customer.Split('@')[0];
        Assert.Equal((before.Id, Customer, digits, digits), (after.Id, after.ChatId, after.Phone, after.Name));
        Assert.Equal(before.Contact, after.Contact);
        Assert.Equal(before.Id, (await Chat(_lid)).Id);
        Assert.Equal(before.Id, Assert.Single((await Cluster.Chats.List(new ChatFilter(Number: Number, Search: digits), new PageRequest(), Access.All)).Value!.Data).Id);
    }

    [Fact]
    public async Task Two_chats_that_turn_out_to_be_one_become_one_and_both_ids_answer()
    {
        await Receive(From(_lid, "hidden 1"), From(_lid, "hidden 2"));
        await Receive(From(Customer, "open 1") with { Timestamp = Now.AddSeconds(-5), PushName = null });
        var (hidden, open) = (await Chat(_lid), await Chat(Customer));
        Assert.NotEqual(hidden.Id, open.Id);
        var sequence = await LastSequence();

        await Raise(Alias);

        var chat = Assert.Single(await Cluster.ChatsOf(Number));
        Assert.Equal((open.Id, Customer, 3, "Amina", "hidden 2"), (chat.Id, chat.ChatId, chat.UnreadCount, chat.Name, chat.LastMessage!.Text));
        foreach (var name in new[] { hidden.Id, open.Id, _lid, Customer })
        {
            Assert.Equal(chat.Id, (await Chat(name)).Id);
            Assert.Equal(["hidden 2", "hidden 1", "open 1"], (await Cluster.MessagesOf(name)).Select(message => message.Text));
        }

        Assert.All(await Cluster.MessagesOf(chat.Id), message => Assert.Equal((chat.Id, Customer), (message.Chat, message.ChatId)));
        var said = await Events(sequence);
        Assert.Equal(["contact.merged", "chats.updated"], said.Select(row => row.Event));
        Assert.Equal((open.Contact, hidden.Contact), ((string)said[0].Data["id"]!, (string)said[0].Data["mergedId"]!));
        Assert.Equal(chat.Id, (string)said[1].Data["id"]!);
    }

    [Fact]
    public async Task A_person_who_was_one_contact_all_along_is_merged_with_nobody()
    {
        await Receive(From(_lid, "hidden"));
        var sequence = await LastSequence();

        await Raise(Alias);
        await Raise(Alias);

        Assert.Empty(await Events(sequence));
    }

    [Fact]
    public async Task After_a_merge_a_message_is_still_stored_once_and_counts_in_the_one_chat()
    {
        var (hidden, open) = (From(_lid, "hidden"), From(Customer, "open"));
        await Receive(hidden, open);
        await Raise(Alias);

        await Receive(hidden, open, hidden with { Jid = Customer }, open with { Jid = _lid }, From(_lid, "next"));

        Assert.Equal(["hidden", "next", "open"], (await Cluster.MessagesOf(Customer)).Select(message => message.Text).Order());
        Assert.Equal(3, (await Chat()).UnreadCount);
        Assert.Single(await Cluster.ChatsOf(Number));
    }

    [Fact]
    public async Task A_merge_and_what_it_concerns_may_stand_in_one_batch()
    {
        var message = From(_lid, "hidden");

        await Raise(
            new EngineEvent.MessageReceived(message), new EngineEvent.MessageReceived(From(Customer, "open")), Alias,
            new EngineEvent.MessageReceived(message with { Jid = Customer }), new EngineEvent.MessageEdited(Customer, new TargetMessage(message.WhatsAppId, false, null), "edited", Now, Them));

        var chat = Assert.Single(await Cluster.ChatsOf(Number));
        Assert.Equal(2, chat.UnreadCount);
        Assert.Equal(["edited", "open"], (await Cluster.MessagesOf(chat.Id)).Select(one => one.Text).Order());
        Assert.All(await Events(), row => Assert.True(row.Event != "chats.updated" || (string)row.Data["id"]! == chat.Id));
    }

    [Fact]
    public async Task A_merge_survives_a_restart_of_the_number_and_changes_nothing_the_second_time()
    {
        await Receive(From(_lid, "hidden"), From(Customer, "open"));
        await Raise(Alias);
        var before = await Chat();

        await Raise(Alias);
        await Cluster.Number(Number).SetDesired(Numbers.DesiredState.Stopped);
        await Cluster.Number(Number).SetDesired(Numbers.DesiredState.Started);
        await Cluster.Reconnected(Number);
        await Receive(From(_lid, "after") with { Timestamp = Now.AddSeconds(1) });

        var after = await Chat();
        Assert.Equal((before.Id, before.UnreadCount + 1, before.Contact), (after.Id, after.UnreadCount, after.Contact));
        Assert.Equal("after", after.LastMessage!.Text);
    }

    [Fact]
    public async Task What_one_number_learns_joins_the_chats_of_another()
    {
        var other = await Cluster.ReadyNumber(Any.Phone());
        var (hidden, open) = (From(_lid, "hidden"), From(Customer, "open") with { Timestamp = Now.AddSeconds(1) });
        await Cluster.Engine.Raise(other, new EngineEvent.MessageReceived(hidden), new EngineEvent.MessageReceived(open));
        Assert.Equal(2, (await Cluster.ChatsOf(other)).Count);

        await Receive(From(Customer, "to the first number"));
        await Raise(Alias);
        await Cluster.Engine.Raise(other, new EngineEvent.MessageReceived(hidden with { Jid = Customer }), new EngineEvent.MessageReceived(From(_lid, "next") with { Timestamp = Now.AddSeconds(2) }));

        var chat = Assert.Single(await Cluster.ChatsOf(other));
        Assert.Equal((Customer, 3, "next"), (chat.ChatId, chat.UnreadCount, chat.LastMessage!.Text));
        Assert.Equal(["next", "open", "hidden"], (await Cluster.MessagesOf(chat.Id)).Select(message => message.Text));
        Assert.Equal(chat.Contact, (await Chat()).Contact);
    }

    [Fact]
    public async Task A_customer_of_two_numbers_has_two_chats_and_is_one_contact()
    {
        var other = await Cluster.ReadyNumber(Any.Phone());
        await Receive(From(Customer, "one"));
        await Cluster.Engine.Raise(other, new EngineEvent.MessageReceived(From(Customer, "two")));

        var (first, second) = (await Chat(), Assert.Single(await Cluster.ChatsOf(other)));
        Assert.NotEqual(first.Id, second.Id);
        Assert.Equal(first.Contact, second.Contact);
    }

    [Fact]
    public async Task Answers_to_either_id_of_a_merged_chat_go_to_the_one_person()
    {
        await Receive(From(_lid, "hidden"), From(Customer, "open"));
        var hidden = (await Chat(_lid)).Id;
        await Raise(Alias);

        var sent = (await Cluster.Messages.Send(Any.Send("answer", hidden, Number))).Value!.Message;

        Assert.Equal((Customer, Number), (sent.To, sent.From));
        Assert.Equal(Customer, (await Cluster.Engine.NextRelay(Number)).Jid);
        Assert.Equal((await Chat()).Id, (await Stored(sent.Id)).Message.Chat);
    }

    [Fact]
    public async Task What_was_accepted_for_both_chats_before_the_merge_goes_to_the_one_person_one_after_the_other()
    {
        await Receive(From(_lid, "hidden"), From(Customer, "open"));
        var (hidden, open) = ((await Chat(_lid)).Id, (await Chat(Customer)).Id);
        await Accept("1", open);
        var first = await Cluster.Engine.NextRelay(Number);
        await Accept("2", hidden);
        await Accept("3", open);
        await Accept("4", hidden);
        Cluster.Clock.Advance(TimeSpan.FromSeconds(2));
        var second = await Cluster.Engine.NextRelay(Number);
        await Raise(Alias);

        await Acknowledge(first);
        Cluster.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.False(Cluster.Engine.HasRelay(Number));
        await Acknowledge(second);
        foreach (var text in new[] { "3", "4" })
        {
            Cluster.Clock.Advance(TimeSpan.FromSeconds(2));
            var relay = await Cluster.Engine.NextRelay(Number);
            Assert.Equal(text, relay.Message.Text);
            Assert.False(Cluster.Engine.HasRelay(Number));
            await Acknowledge(relay);
        }

        Assert.Equal(0, (await Cluster.View(Number)).Counters.Queued);
    }

    private async Task Accept(string text, string chat) => Assert.Null((await Cluster.Messages.Send(Any.Send(text, chat, Number))).Refusal);

    private Task Acknowledge(FakeRelay relay) => Raise(new EngineEvent.ServerAcknowledged(relay.WhatsAppId, Now));
}
