using Loopwave.Engines;
using Loopwave.Messages;
using Loopwave.Testing;
using Xunit;

namespace Loopwave.Numbers;

/// <summary>Somebody sets the clock of the machine: nothing is lost, doubled or shuffled, and nothing waits for an hour.</summary>
public sealed class ClockJumpTests : IAsyncLifetime
{
    private LoopwaveCluster _cluster = null!;
    private string _number = null!;

    public async ValueTask InitializeAsync()
    {
        _cluster = await LoopwaveCluster.Start();
        _number = await _cluster.ReadyNumber();
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    public static TheoryData<double> Jumps => [-1, 1, 24];

    [Theory, MemberData(nameof(Jumps))]
    public async Task Messages_leave_once_and_in_order_over_a_jump(double hours)
    {
        var texts = Enumerable.Range(1, 6).Select(n => $"{n}").ToList();
        foreach (var text in texts.Take(3))
        {
            await Accept(text);
        }

        var relays = new List<FakeRelay> { await Relayed() };
        await Acknowledge(relays[0]);
        relays.Add(await Relayed());
        Jump(hours);
        foreach (var text in texts.Skip(3))
        {
            await Accept(text);
        }

        await Acknowledge(relays[1]);
        while (relays.Count < (hours > 23 ? 5 : 6))
        {
            relays.Add(await Relayed());
            await Acknowledge(relays[^1]);
        }

        // What waited for a day by the clock is too old to be sent, and says so.
        var expected = hours > 23 ? ["1", "2", "4", "5", "6"] : texts;
        Assert.Equal(expected, relays.Select(relay => relay.Message.Text));
        var messages = await _cluster.MessagesOf(Any.Customer);
        Assert.Equal(texts.Count, messages.Count);
        Assert.Equal(texts.Except(expected), messages.Where(message => message.Error?.Code == "expired").Select(message => message.Text!));
        Assert.Equal(expected.Order(), messages.Where(message => message.Status is MessageStatus.Sent).Select(message => message.Text!).Order());
    }

    [Theory, MemberData(nameof(Jumps))]
    public async Task A_message_on_the_wire_over_a_jump_is_repeated_with_its_id_within_a_minute(double hours)
    {
        await Accept("once");
        var relay = await Relayed();
        Jump(hours);
        await _cluster.Number(_number).Ensure();

        await _cluster.Passes(32);
        if (hours < 23)
        {
            Assert.Equal(relay.WhatsAppId, (await Relayed()).WhatsAppId);
            return;
        }

        // A day later by the clock it is too old to be repeated, and nobody knows what became of it.
        await _cluster.ComesBack(_number);
        await _cluster.Passes(3);
        Assert.Equal("uncertain", Assert.Single(await _cluster.MessagesOf(Any.Customer)).Error!.Code);
    }

    [Theory, MemberData(nameof(Jumps))]
    public async Task A_number_that_waits_to_connect_does_not_wait_longer_for_a_jump(double hours)
    {
        await _cluster.Engine.Raise(_number, new EngineEvent.Closed(428));
        Jump(hours);
        await _cluster.Number(_number).Ensure();
        await _cluster.Messages.Send(Any.Send("later", from: _number) with { QueueWhenOffline = true });

        await _cluster.Passes(3);
        await _cluster.ComesBack(_number);

        Assert.Equal("later", (await Relayed()).Message.Text);
    }

    [Theory, MemberData(nameof(Jumps))]
    public async Task An_attempt_to_connect_that_hangs_over_a_jump_is_given_up_in_its_time(double hours)
    {
        await _cluster.Engine.Raise(_number, new EngineEvent.Closed(428));
        await _cluster.Passes(3);
        await _cluster.Engine.NextOpen(_number);
        Jump(hours);
        await _cluster.Number(_number).Ensure();

        await _cluster.Passes(35);

        await _cluster.ComesBack(_number);
    }

    [Theory, MemberData(nameof(Jumps))]
    public async Task A_request_for_older_messages_ends_over_a_jump(double hours)
    {
        await _cluster.Engine.Raise(_number, new EngineEvent.MessageReceived(Any.Inbound("hello", _cluster.Clock.GetUtcNow())));
        await _cluster.Number(_number).SyncHistory(new HistoryRequest(null));
        await _cluster.Engine.NextHistoryRequest(_number);
        Jump(hours);
        await _cluster.Number(_number).Ensure();

        await _cluster.Passes(62);

        Assert.Equal("phone_offline", (await _cluster.Eventually(() => _cluster.View(_number), view => view.History.State is HistoryState.Done)).History.Reason!.Code);
    }

    [Theory, MemberData(nameof(Jumps))]
    public async Task What_comes_in_over_a_jump_is_stored_once_and_counted_right(double hours)
    {
        var (one, two) = (Any.Inbound("one", _cluster.Clock.GetUtcNow()), Any.Inbound("two", _cluster.Clock.GetUtcNow().AddSeconds(1)));
        await _cluster.Engine.Raise(_number, new EngineEvent.MessageReceived(one));
        Jump(hours);

        await _cluster.Engine.Raise(_number, new EngineEvent.MessageReceived(one), new EngineEvent.MessageReceived(two));

        var chat = Assert.Single(await _cluster.ChatsOf(_number));
        Assert.Equal((2, "two"), (chat.UnreadCount, chat.LastMessage!.Text));
        Assert.Equal(["two", "one"], (await _cluster.MessagesOf(chat.Id)).Select(message => message.Text));
    }

    [Fact]
    public async Task A_clock_set_back_over_midnight_opens_no_finished_day()
    {
        await _cluster.Engine.Raise(_number, new EngineEvent.MessageReceived(Any.Inbound("monday", _cluster.Clock.GetUtcNow())));
        Jump(24);
        await _cluster.Engine.Raise(_number, new EngineEvent.MessageReceived(Any.Inbound("tuesday", _cluster.Clock.GetUtcNow())));
        Jump(-24);
        await _cluster.Engine.Raise(_number, new EngineEvent.MessageReceived(Any.Inbound("monday again", _cluster.Clock.GetUtcNow())));

        Assert.Equal(2, (await _cluster.View(_number)).Counters.ReceivedToday);
    }

    [Fact]
    public async Task What_was_to_go_at_once_does_not_wait_for_a_clock_that_was_set_back_over_a_restart()
    {
        await _cluster.Engine.Raise(_number, new EngineEvent.Closed(428));
        await Accept("at once");
        await _cluster.Messages.Send(Any.Send("in an hour", from: _number) with { SendAt = _cluster.Clock.GetUtcNow().AddHours(1) });
        Jump(-24);
        _cluster = await _cluster.Restart();
        await _cluster.Number(_number).Ensure();

        var relay = await Relayed();
        Assert.Equal("at once", relay.Message.Text);
        await Acknowledge(relay);

        // What a person set a time for waits for that time, whatever the clock said when they did.
        await _cluster.Passes(60, step: 10);
        Assert.False(_cluster.Engine.HasRelay(_number));
        Assert.Equal(1, (await _cluster.View(_number)).Counters.Queued);
    }

    [Fact]
    public async Task What_was_to_go_at_once_does_not_wait_for_a_clock_that_was_set_back_before_a_reload()
    {
        var faults = new StorageFaults();
        await using var cluster = await LoopwaveCluster.Start(new ClusterSetup { Faults = faults });
        var number = await cluster.ReadyNumber();
        await cluster.Engine.Raise(number, new EngineEvent.Closed(403));
        await cluster.Messages.Send(Any.Send("at once", from: number) with { QueueWhenOffline = true });
        cluster.Clock.Jump(TimeSpan.FromHours(-24));
        faults.Fail("INTO message");
        await cluster.Messages.Send(Any.Send("lost", from: number) with { QueueWhenOffline = true });
        faults.Work();

        await cluster.Number(number).Reconnect();
        await cluster.ComesBack(number);

        Assert.Equal("at once", (await cluster.Relayed(number)).Message.Text);
    }

    private void Jump(double hours) => _cluster.Clock.Jump(TimeSpan.FromHours(hours));

    private async Task Accept(string text) =>
        Assert.Null((await _cluster.Messages.Send(Any.Send(text, from: _number) with { QueueWhenOffline = true })).Refusal);

    private Task Acknowledge(FakeRelay relay) =>
        _cluster.Engine.Raise(_number, new EngineEvent.ServerAcknowledged(relay.WhatsAppId, _cluster.Clock.GetUtcNow()));

    // A jump can cost the connection, which then comes back.
    private async Task<FakeRelay> Relayed()
    {
        await _cluster.PassesUntil(async () =>
        {
            if (_cluster.Engine.HasOpen(_number))
            {
                await _cluster.ComesBack(_number);
            }

            return _cluster.Engine.HasRelay(_number);
        });
        return await _cluster.Engine.NextRelay(_number);
    }
}
