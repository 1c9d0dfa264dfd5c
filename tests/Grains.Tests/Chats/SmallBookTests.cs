using Loopwave.Engines;
using Loopwave.Messages;
using Loopwave.Numbers;
using Loopwave.Testing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Loopwave.Chats;

/// <summary>A number that keeps hardly any chats in memory does all that one with room for all of them does.</summary>
public sealed class SmallBookTests : IAsyncLifetime
{
    private readonly List<string> _customers = [.. Enumerable.Range(0, 12).Select(_ => Any.Jid())];
    private LoopwaveCluster _cluster = null!;
    private string _number = null!;

    private DateTimeOffset Now => _cluster.Clock.GetUtcNow();

    public async ValueTask InitializeAsync()
    {
        _cluster = await LoopwaveCluster.Start(services => services.Configure<NumberOptions>(options =>
        {
            options.ChatsAtHand = 1;
            (options.ShortestGap, options.LongestGap) = (TimeSpan.Zero, TimeSpan.Zero);
        }));
        _number = await _cluster.ReadyNumber();
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Every_message_counts_in_the_one_chat_of_its_customer()
    {
        for (var round = 0; round < 3; round++)
        {
            // One batch names everybody, then everybody writes alone while the others are let go.
            await Raise([.. _customers.Select(customer => Message(customer, $"{round} together"))]);
            foreach (var customer in _customers)
            {
                await Raise(Message(customer, $"{round} alone"));
            }
        }

        var chats = await _cluster.ChatsOf(_number);
        Assert.Equal(_customers.Order(), chats.Select(chat => chat.ChatId).Order());
        Assert.All(chats, chat => Assert.Equal((6, "2 alone"), (chat.UnreadCount, chat.LastMessage!.Text)));
    }

    [Fact]
    public async Task Sends_and_arrivals_side_by_side_lose_no_count_and_make_no_second_chat()
    {
        var sends = _customers.SelectMany(customer => Enumerable.Range(0, 3).Select(n => _cluster.Messages.Send(Any.Send($"out {n}", customer, _number)))).ToList();
        foreach (var customer in _customers)
        {
            await Raise(Message(customer, "in 1"));
            await Raise(Message(customer, "in 2"));
        }

        Assert.All(await Task.WhenAll(sends), answer => Assert.Null(answer.Refusal));
        for (var n = 0; n < sends.Count; n++)
        {
            var relay = await _cluster.Engine.NextRelay(_number);
            await Raise(new EngineEvent.ServerAcknowledged(relay.WhatsAppId, Now));
        }

        Assert.Equal(_customers.Order(), (await _cluster.ChatsOf(_number)).Select(chat => chat.ChatId).Order());
        foreach (var chat in await _cluster.ChatsOf(_number))
        {
            Assert.Equal(2, chat.UnreadCount);
            Assert.Equal(["in 1", "in 2", "out 0", "out 1", "out 2"], (await _cluster.MessagesOf(chat.Id)).Select(message => message.Text).Order());
            Assert.Equal(0, (await _cluster.Chats.MarkRead(chat.Id, Access.All)).Value!.UnreadCount);
        }

        Assert.All(await _cluster.ChatsOf(_number), chat => Assert.Equal(0, chat.UnreadCount));
    }

    [Fact]
    public async Task What_many_customers_do_to_their_messages_in_one_batch_is_done_to_all_of_them()
    {
        var messages = _customers.Select(customer => Any.Inbound("before", Now, jid: customer)).ToList();
        await Raise([.. messages.Select(message => new EngineEvent.MessageReceived(message))]);

        await Raise([.. messages.Select(message => new EngineEvent.MessageEdited(message.Jid, new TargetMessage(message.WhatsAppId, false, null), "after", Now, new(false)))]);

        Assert.All(await _cluster.ChatsOf(_number), chat => Assert.Equal("after", chat.LastMessage!.Text));
    }

    [Fact]
    public async Task What_expires_in_many_chats_at_once_fails_in_all_of_them()
    {
        await Raise(new EngineEvent.Closed(403));
        foreach (var customer in _customers)
        {
            Assert.Null((await _cluster.Messages.Send(Any.Send("late", customer, _number) with { QueueWhenOffline = true })).Refusal);
        }

        _cluster.Clock.Advance(TimeSpan.FromHours(25));
        var chats = await _cluster.Eventually(() => _cluster.ChatsOf(_number), chats => chats.All(chat => chat.LastMessage!.Status is MessageStatus.Failed));

        Assert.Equal(_customers.Count, chats.Count);
        Assert.Equal(0, (await _cluster.View(_number)).Counters.Queued);
    }

    [Fact]
    public async Task Two_chats_of_one_person_become_one_although_neither_was_at_hand()
    {
        var hidden = _customers.ToDictionary(customer => customer, _ => Any.Lid());
        await Raise([.. _customers.SelectMany(customer => new[] { Message(customer, "open"), Message(hidden[customer], "hidden") })]);

        foreach (var customer in _customers)
        {
            await Raise(new EngineEvent.AliasLearned(customer, hidden[customer]));
        }

        var chats = await _cluster.ChatsOf(_number);
        Assert.Equal(_customers.Order(), chats.Select(chat => chat.ChatId).Order());
        Assert.All(chats, chat => Assert.Equal(2, chat.UnreadCount));
    }

    private EngineEvent Message(string jid, string text) => new EngineEvent.MessageReceived(Any.Inbound(text, Now, jid: jid));

    private Task Raise(params EngineEvent[] events) => _cluster.Engine.Raise(_number, events);
}
