using Loopwave.Chats;
using Loopwave.Contacts;
using Loopwave.Messages;
using Loopwave.Numbers;

namespace Loopwave.Storage.Tests.Conformance;

/// <summary>What every store of messages promises: each message of the network once, and lists that lose nothing.</summary>
public abstract class MessageStoreTests(Backend backend) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await backend.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task The_same_message_is_stored_once_and_what_came_with_the_second_is_not_there()
    {
        var (owned, chat) = await Chat();
        var first = Sample.Message(chat, "WA1");
        await Commit(owned, first);

        var second = Sample.Message(chat, "WA1");
        var result = await backend.Numbers.Commit(
            owned.Change() with { NewMessages = [second], Events = [Sample.Event(second, 9)], Chats = [chat with { UnreadCount = 2 }] }, new CommitLane());

        Assert.Equal(CommitResult.Duplicate, result);
        Assert.Equal([first.Id], (await Find(owned, "WA1")).Select(message => message.Id));
        Assert.Empty(await backend.Outbox(owned.Id));
        Assert.Equal(0, (await backend.Chats.Get(chat.Id))!.UnreadCount);
    }

    [Fact]
    public async Task One_network_id_may_be_used_in_other_chats_by_other_senders_by_us_and_on_other_numbers()
    {
        var (owned, chat) = await Chat();
        var group = Sample.Chat(owned.Id);
        var (other, otherChat) = await Chat();
        await Commit(owned, chat: group);
        await Commit(owned, Sample.Message(chat, "WA1"));

        await Commit(owned, Sample.Message(group, "WA1"));
        await Commit(owned, Sample.Message(group, "WA1") with { Sender = NewId.Party() });
        await Commit(owned, Sample.Message(chat, "WA1", fromMe: true));
        await Commit(other, Sample.Message(otherChat, "WA1"));

        Assert.Equal(4, (await Find(owned, "WA1")).Count);
        Assert.Single(await Find(other, "WA1"));
        Assert.Empty(await Find(owned, "WA2"));
    }

    [Fact]
    public async Task A_message_is_the_same_after_its_chat_was_merged_into_another()
    {
        var (owned, lid) = await Chat();
        var phone = Sample.Chat(owned.Id);
        await Commit(owned, chat: phone);
        await Commit(owned, Sample.Message(lid, "WA1"));
        Assert.Equal(CommitResult.Committed, await backend.Numbers.Commit(
            owned.Change() with
            {
                Merges = [new PartyMerge(lid.Party, phone.Party)],
                Chats = [lid with { MergedInto = phone.Id }],
            },
            owned.Lane));

        Assert.Equal(CommitResult.Duplicate, await TryCommit(owned, Sample.Message(phone, "WA1")));
        Assert.Equal(CommitResult.Duplicate, await TryCommit(owned, Sample.Message(lid, "WA1")));
        Assert.Equal(CommitResult.Committed, await TryCommit(owned, Sample.Message(phone, "WA2")));
    }

    [Fact]
    public async Task A_message_is_the_same_when_only_the_parties_are_known_to_be_one()
    {
        var (owned, lid) = await Chat();
        var phone = Sample.Chat(owned.Id);
        await Commit(owned, chat: phone);
        await Commit(owned, Sample.Message(lid, "WA1"));
        await backend.Numbers.Commit(owned.Change() with { Merges = [new PartyMerge(lid.Party, phone.Party)] }, owned.Lane);

        Assert.Equal(CommitResult.Duplicate, await TryCommit(owned, Sample.Message(phone, "WA1")));
    }

    [Fact]
    public async Task In_a_group_a_sender_is_the_same_after_a_merge()
    {
        var (owned, group) = await Chat();
        var (lid, phone) = (NewId.Party(), NewId.Party());
        await Commit(owned, Sample.Message(group, "WA1") with { Sender = lid });
        Assert.Equal(CommitResult.Committed, await TryCommit(owned, Sample.Message(group, "WA2") with { Sender = phone }));
        await backend.Numbers.Commit(owned.Change() with { Merges = [new PartyMerge(lid, phone)] }, owned.Lane);

        Assert.Equal(CommitResult.Duplicate, await TryCommit(owned, Sample.Message(group, "WA1") with { Sender = phone }));
        Assert.Equal(CommitResult.Duplicate, await TryCommit(owned, Sample.Message(group, "WA2") with { Sender = lid }));
    }

    [Fact]
    public async Task Of_the_same_message_given_many_times_at_once_one_is_stored()
    {
        var (owned, chat) = await Chat();
        var results = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => TryCommit(owned, Sample.Message(chat, "WA1"))));
        Assert.Single(results, CommitResult.Committed);
        Assert.Single(await Find(owned, "WA1"));
    }

    [Fact]
    public async Task A_list_shows_merged_chats_as_one_newest_first()
    {
        var (owned, one) = await Chat();
        var two = Sample.Chat(owned.Id);
        await Commit(owned, chat: two);
        var messages = Enumerable.Range(0, 10)
            .Select(i => Sample.Message(i % 2 == 0 ? one : two, timestamp: Backend.Start.AddSeconds(i), fromMe: i % 3 == 0)).ToList();
        foreach (var message in messages)
        {
            await Commit(owned, message);
        }

        var page = await backend.Messages.List([one.Id, two.Id], new PageRequest());
        Assert.Equal(messages.AsEnumerable().Reverse().Select(message => message.Id), page.Data.Select(message => message.Id));
        Assert.Null(page.NextCursor);
        Assert.Equal(messages[0].Id, (await backend.Messages.Oldest([one.Id, two.Id]))!.Id);
        Assert.Equal(
            messages.Where(message => !message.FromMe).Reverse().Take(3).Select(message => message.Id),
            (await backend.Messages.NewestInbound([one.Id, two.Id], 3)).Select(message => message.Id));
        Assert.Null(await backend.Messages.Oldest([NewId.Chat()]));
        Assert.Empty((await backend.Messages.List([], new PageRequest())).Data);
    }

    [Fact]
    public async Task Messages_that_changed_come_in_the_order_of_their_changes()
    {
        var (owned, chat) = await Chat();
        var messages = Enumerable.Range(0, 5).Select(i => Sample.Message(chat, timestamp: Backend.Start.AddSeconds(i))).ToList();
        foreach (var message in messages)
        {
            await Commit(owned, message);
        }

        await backend.Numbers.Commit(
            owned.Change() with { ChangedMessages = [messages[1] with { UpdatedAt = Backend.Start.AddMinutes(1), Text = "edited" }] }, owned.Lane);

        var page = await backend.Messages.List([chat.Id], new PageRequest(UpdatedAfter: Backend.Start.AddSeconds(2)));
        Assert.Equal([messages[3].Id, messages[4].Id, messages[1].Id], page.Data.Select(message => message.Id));
        Assert.Equal("edited", page.Data[^1].Text);
    }

    [Fact]
    public async Task A_walk_sees_each_row_that_lived_through_it_exactly_once_while_others_come()
    {
        var (owned, chat) = await Chat();

        // Many at the same time, so that the id has to decide.
        var stayed = Enumerable.Range(0, 40).Select(i => Sample.Message(chat, timestamp: Backend.Start.AddSeconds(i / 7))).ToList();
        foreach (var message in stayed)
        {
            await Commit(owned, message);
        }

        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = await backend.Messages.List([chat.Id], new PageRequest(Limit: 7, cursor));
            seen.AddRange(page.Data.Select(message => message.Id));
            cursor = page.NextCursor;
            await Commit(owned, Sample.Message(chat, timestamp: Backend.Start.AddSeconds(seen.Count % 9)));
            await Commit(owned, Sample.Message(chat, timestamp: Backend.Start.AddHours(1)));
        }
        while (cursor is not null);

        Assert.Equal(seen.Distinct().Count(), seen.Count);
        Assert.Empty(stayed.Select(message => message.Id).Except(seen));
    }

    [Fact]
    public async Task A_cursor_of_another_list_or_one_that_was_changed_is_refused()
    {
        var (owned, chat) = await Chat();
        var other = Sample.Chat(owned.Id);
        await Commit(owned, chat: other);
        foreach (var message in Enumerable.Range(0, 3).Select(_ => Sample.Message(chat)))
        {
            await Commit(owned, message);
        }

        var cursor = (await backend.Messages.List([chat.Id], new PageRequest(Limit: 1))).NextCursor!;
        Assert.Single((await backend.Messages.List([chat.Id], new PageRequest(Limit: 1, cursor))).Data);
        foreach (var wrong in new[] { "", "x", "!!!", cursor[..^1], cursor + "A", (cursor[0] == 'B' ? "C" : "B") + cursor[1..], new string('A', 5000) })
        {
            await Assert.ThrowsAsync<InvalidCursorException>(() => backend.Messages.List([chat.Id], new PageRequest(Limit: 1, wrong)));
        }

        await Assert.ThrowsAsync<InvalidCursorException>(() => backend.Messages.List([other.Id], new PageRequest(Limit: 1, cursor)));
        await Assert.ThrowsAsync<InvalidCursorException>(
            () => backend.Messages.List([chat.Id], new PageRequest(Limit: 1, cursor, UpdatedAfter: Backend.Start.AddDays(-1))));
        await Assert.ThrowsAsync<InvalidCursorException>(
            () => backend.Chats.List(new ChatQuery(new ChatFilter(), new PageRequest(Limit: 1, cursor), Access.All)));
    }

    [Fact]
    public async Task Messages_are_found_by_their_ids()
    {
        var (owned, chat) = await Chat();
        var messages = new[] { Sample.Message(chat), Sample.Message(chat), Sample.Message(chat) };
        foreach (var message in messages)
        {
            await Commit(owned, message);
        }

        var found = await backend.Messages.Get([messages[0].Id, messages[2].Id, "m_unknown"]);
        Assert.Equal(new[] { messages[0].Id, messages[2].Id }.Order(), found.Select(message => message.Id).Order());
        Assert.Null(await backend.Messages.Get("m_unknown"));
        Assert.Equal(2, (await backend.Messages.FindByWhatsAppId(owned.Id, [messages[0].WhatsAppId, messages[1].WhatsAppId, "x"])).Count);
    }

    private async Task<(Owned Owned, ChatDocument Chat)> Chat()
    {
        var owned = await Sample.OwnedNumber(backend);
        var chat = Sample.Chat(owned.Id);
        await Commit(owned, chat: chat);
        return (owned, chat);
    }

    private async Task Commit(Owned owned, MessageDocument? message = null, ChatDocument? chat = null) => Assert.Equal(
        CommitResult.Committed,
        await backend.Numbers.Commit(owned.Change() with { NewMessages = message is null ? [] : [message], Chats = chat is null ? [] : [chat] }, owned.Lane));

    private Task<CommitResult> TryCommit(Owned owned, MessageDocument message) =>
        backend.Numbers.Commit(owned.Change() with { NewMessages = [message] }, new CommitLane());

    private Task<IReadOnlyList<MessageDocument>> Find(Owned owned, string whatsAppId) => backend.Messages.FindByWhatsAppId(owned.Id, [whatsAppId]);
}
