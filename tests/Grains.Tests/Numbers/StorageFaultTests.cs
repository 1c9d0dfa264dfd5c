using Loopwave.Deployment;
using Loopwave.Engines;
using Loopwave.Messages;
using Loopwave.Testing;
using Xunit;

namespace Loopwave.Numbers;

/// <summary>A disk that fails or hangs: callers are told, nothing is lost or done twice, and all goes on by itself.</summary>
public sealed class StorageFaultTests : IAsyncLifetime
{
    private readonly StorageFaults _disk = new();
    private LoopwaveCluster _cluster = null!;
    private string _number = null!;

    private DateTimeOffset Now => _cluster.Clock.GetUtcNow();

    public async ValueTask InitializeAsync()
    {
        _cluster = await LoopwaveCluster.Start(new ClusterSetup { Faults = _disk });
        _number = await _cluster.ReadyNumber();
    }

    public async ValueTask DisposeAsync()
    {
        _disk.Work();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task A_send_that_cannot_be_stored_is_refused_and_never_leaves()
    {
        _disk.Fail();
        var refused = (await _cluster.Messages.Send(Any.Send("lost"))).Refusal!;
        Assert.Equal(RefusalCode.StorageUnavailable, refused.Code);
        Assert.NotNull(refused.RetryAfter);
        _disk.Work();

        await Accept("kept");

        Assert.Equal("kept", (await Relayed()).Message.Text);
        Assert.Equal(["kept"], (await _cluster.MessagesOf(Any.Customer)).Select(message => message.Text));
    }

    [Fact]
    public async Task A_request_that_was_refused_is_carried_out_when_it_is_made_again_under_its_key()
    {
        var request = Any.Send("once") with { Idempotency = new IdempotencyKey("key POST /messages", "order-1", "hash") };
        _disk.Fail();
        Assert.NotNull((await _cluster.Messages.Send(request)).Refusal);
        _disk.Work();

        Assert.False((await _cluster.Messages.Send(request)).Value!.Replayed);
        Assert.True((await _cluster.Messages.Send(request)).Value!.Replayed);

        Assert.Single(await _cluster.MessagesOf(Any.Customer));
    }

    [Fact]
    public async Task A_write_that_hangs_and_is_done_after_all_is_not_done_again()
    {
        using var measured = new Measurements(_cluster.Services);
        _disk.Hang("INTO message");
        var send = _cluster.Messages.Send(Any.Send("once"));
        await _disk.Happened;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => _cluster.Numbers.Create(new NewNumber("Other", EngineKind.WhatsApp, Access.All)));
        _disk.Work();

        Assert.Null((await send).Refusal);
        var relay = await Relayed();
        await Acknowledge(relay);
        await Accept("next");
        Assert.Equal("next", (await Relayed()).Message.Text);
        Assert.Equal(["next", "once"], (await _cluster.MessagesOf(Any.Customer)).Select(message => message.Text));
        Assert.Equal(2, measured.Of("loopwave_messages_accepted_total").Count);
    }

    [Theory]
    [InlineData("UPDATE send_queue")]
    [InlineData("UPDATE number_owner")]
    public async Task A_claim_that_cannot_be_stored_is_made_again_by_itself_and_the_order_is_kept(string words)
    {
        await _cluster.Engine.Raise(_number, new EngineEvent.Closed(403));
        foreach (var text in new[] { "one", "two", "three" })
        {
            Assert.Null((await _cluster.Messages.Send(Any.Send(text, from: _number) with { QueueWhenOffline = true })).Refusal);
        }

        await _cluster.Number(_number).Reconnect();
        await _cluster.Due(TimeSpan.FromMilliseconds(200));
        await _cluster.Engine.NextOpen(_number);
        var opened = _cluster.Engine.Next(_number, new EngineEvent.Opened("Acme"));
        var built = new TaskCompletionSource();
        _cluster.Engine.Building = _ => built.Task;
        await _cluster.Engine.Repeat(opened);
        _disk.Fail(words);
        built.SetResult();
        await _cluster.Passes(3, 0.25);
        await _disk.Happened;
        _disk.Work();

        foreach (var text in new[] { "one", "two", "three" })
        {
            var relay = await Relayed();
            Assert.Equal(text, relay.Message.Text);
            Assert.False(_cluster.Engine.HasRelay(_number));
            await Acknowledge(relay);
        }
    }

    [Fact]
    public async Task A_message_that_came_in_while_the_disk_was_full_is_stored_when_it_is_offered_again()
    {
        var batch = _cluster.Engine.Next(_number, new EngineEvent.MessageReceived(Any.Inbound("hello", Now)));
        _disk.Fail();
        await Assert.ThrowsAnyAsync<Exception>(() => _cluster.Engine.Repeat(batch));
        Assert.DoesNotContain(batch.Last, await AcknowledgedSoFar());
        _disk.Work();

        await _cluster.Engine.Repeat(batch);
        await _cluster.Engine.Repeat(batch);

        Assert.Equal(batch.Last, (await AcknowledgedSoFar())[^1]);
        Assert.Equal("hello", Assert.Single(await _cluster.MessagesOf(Any.Customer)).Text);
        Assert.Equal(1, Assert.Single(await _cluster.ChatsOf(_number)).UnreadCount);
        Assert.Single(await _cluster.Outbox(_number), row => row.Event == "message.created");
        Assert.Equal(1, (await _cluster.View(_number)).Counters.ReceivedToday);
    }

    [Fact]
    public async Task An_acknowledgement_that_could_not_be_stored_counts_when_it_is_offered_again_and_nothing_is_sent_twice()
    {
        var first = await Accept("one");
        await Accept("two");
        var relay = await Relayed();
        var batch = _cluster.Engine.Next(_number, new EngineEvent.ServerAcknowledged(relay.WhatsAppId, Now));
        _disk.Fail();
        await Assert.ThrowsAnyAsync<Exception>(() => _cluster.Engine.Repeat(batch));
        await _cluster.Passes(3, 0.25);
        Assert.False(_cluster.Engine.HasRelay(_number));
        _disk.Work();
        await _cluster.Passes(3, 0.25);
        Assert.False(_cluster.Engine.HasRelay(_number));

        await _cluster.Engine.Repeat(batch);

        Assert.Equal("two", (await Relayed()).Message.Text);
        Assert.Equal(MessageStatus.Sent, (await _cluster.Messages.Get(first, Access.All)).Value!.Message.Status);
        Assert.Single(await _cluster.Outbox(_number), row => row.Event == "message.created");
    }

    [Fact]
    public async Task A_number_that_dropped_while_the_disk_was_full_comes_back_by_itself()
    {
        var closed = _cluster.Engine.Next(_number, new EngineEvent.Closed(428));
        _disk.Fail();
        await Assert.ThrowsAnyAsync<Exception>(() => _cluster.Engine.Repeat(closed));
        await _cluster.Passes(3, 0.25);
        _disk.Work();

        await _cluster.Engine.Repeat(closed);
        await _cluster.ComesBack(_number);
    }

    [Fact]
    public async Task A_log_in_that_could_not_be_stored_ends_in_a_number_that_is_ready()
    {
        await _cluster.Engine.Raise(_number, new EngineEvent.Closed(428));
        await _cluster.PassesUntil(() => Task.FromResult(_cluster.Engine.HasOpen(_number)));
        await _cluster.Engine.NextOpen(_number);
        var opened = _cluster.Engine.Next(_number, new EngineEvent.Opened("Acme"));
        _disk.Fail();
        await Assert.ThrowsAnyAsync<Exception>(() => _cluster.Engine.Repeat(opened));
        _disk.Work();

        await _cluster.Engine.Repeat(opened);
        await _cluster.ComesBack(_number);

        await Accept("hello");
        Assert.Equal("hello", (await Relayed()).Message.Text);
    }

    [Fact]
    public async Task Other_callers_are_refused_too_and_nothing_of_what_they_wanted_is_half_done()
    {
        await _cluster.Engine.Raise(_number, new EngineEvent.MessageReceived(Any.Inbound("hello", Now)));
        var chat = Assert.Single(await _cluster.ChatsOf(_number));
        _disk.Fail();

        Assert.Equal(RefusalCode.StorageUnavailable, (await _cluster.Chats.MarkRead(chat.Id, Access.All)).Refusal!.Code);
        Assert.Equal(RefusalCode.StorageUnavailable, (await _cluster.Number(_number).SetDesired(DesiredState.Stopped)).Refusal!.Code);
        Assert.Equal(RefusalCode.StorageUnavailable, (await _cluster.Number(_number).SyncHistory(new HistoryRequest(null))).Refusal!.Code);
        Assert.Equal(RefusalCode.StorageUnavailable, (await _cluster.Number(_number).Update(new NumberUpdate("Sales", null))).Refusal!.Code);
        _disk.Work();

        var view = (await _cluster.Number(_number).Update(new NumberUpdate(null, ["vip"]))).Value!;
        Assert.Equal(("Support", NumberStatus.Ready, HistoryState.None), (view.Label, view.Status, view.History.State));
        Assert.Equal(1, Assert.Single(await _cluster.ChatsOf(_number)).UnreadCount);
        Assert.NotNull((await _cluster.Number(_number).SyncHistory(new HistoryRequest(null))).Value);
    }

    [Fact]
    public async Task The_end_of_an_import_that_could_not_be_stored_is_stored_when_the_disk_works_again()
    {
        await ImportBegins();
        _disk.Fail("UPDATE number SET");
        _cluster.Clock.Advance(TimeSpan.FromMinutes(2));

        await ImportIsInterrupted();
    }

    [Fact]
    public async Task The_end_of_an_import_that_its_host_took_along_is_stored_when_the_disk_works_again()
    {
        await ImportBegins();

        // The first thing that an activation stores is that it begins to connect.
        _disk.Fail("UPDATE number SET", butFirst: 1);
        _cluster = await _cluster.Restart();

        await ImportIsInterrupted();
    }

    [Fact]
    public async Task A_number_that_could_not_be_activated_is_there_when_the_disk_works_again()
    {
        await _cluster.Number(_number).SetDesired(DesiredState.Stopped);
        _cluster = await _cluster.Restart();
        _disk.Fail("UPDATE number_owner");
        var error = await Assert.ThrowsAnyAsync<Exception>(() => _cluster.Number(_number).Get());
        Assert.True(error is StorageUnavailableException || error.InnerException is StorageUnavailableException, error.ToString());
        _disk.Work();

        await _cluster.Number(_number).SetDesired(DesiredState.Started);
        await _cluster.Reconnected(_number);
        Assert.Equal(NumberStatus.Ready, (await _cluster.View(_number)).Status);
    }

    [Fact]
    public async Task Under_writes_that_fail_now_and_then_every_message_leaves_once_and_in_order()
    {
        var random = new Random(20260629);
        var sent = new List<string>();
        var relayed = new List<FakeRelay>();
        for (var i = 0; i < 40; i++)
        {
            if (random.Next(3) == 0)
            {
                _disk.Fail(new[] { "INTO message", "UPDATE send_queue", "DELETE FROM send_queue", "UPDATE number_owner" }[random.Next(4)]);
            }

            var answer = await _cluster.Messages.Send(Any.Send($"{i}"));
            if (answer.Value is not null)
            {
                sent.Add($"{i}");
            }

            await Drain(relayed);
            _disk.Work();
            await _cluster.Passes(2, 0.25);
            await Drain(relayed);
        }

        await _cluster.PassesUntil(async () =>
        {
            await Drain(relayed);
            return (await _cluster.View(_number)).Counters.Queued == 0;
        });

        Assert.Equal(sent, relayed.DistinctBy(relay => relay.WhatsAppId).Select(relay => relay.Message.Text));
        Assert.Equal(relayed.Count, relayed.Select(relay => relay.WhatsAppId).Distinct().Count());
        Assert.Equal(sent.Count, (await _cluster.View(_number)).Counters.SentToday);
        Assert.Equal(sent.Count, (await _cluster.Outbox(_number)).Count(row => row.Event == "message.created"));
    }

    private Task ImportBegins() => _cluster.Engine.Raise(_number, new EngineEvent.HistoryReceived([], null, 40, false));

    // Its end has met the disk that fails.
    private async Task ImportIsInterrupted()
    {
        await _disk.Happened;
        _disk.Work();

        await _cluster.Passes(3, 0.25);

        var ended = (await _cluster.Eventually(() => _cluster.View(_number), view => view.History.State is HistoryState.Done)).History;
        Assert.Equal((40, "interrupted"), (ended.Percent, ended.Reason!.Code));
    }

    private async Task Drain(List<FakeRelay> relayed)
    {
        while (_cluster.Engine.HasRelay(_number))
        {
            var relay = await _cluster.Engine.NextRelay(_number);
            relayed.Add(relay);
            var batch = _cluster.Engine.Next(_number, new EngineEvent.ServerAcknowledged(relay.WhatsAppId, Now));
            try
            {
                await _cluster.Engine.Repeat(batch);
            }
            catch (Exception)
            {
                // As an engine does: what nobody took is offered again.
                _disk.Work();
                await _cluster.Engine.Repeat(batch);
            }
        }
    }

    private async Task<string> Accept(string text)
    {
        var answer = await _cluster.Messages.Send(Any.Send(text));
        Assert.Null(answer.Refusal);
        return answer.Value!.Message.Id;
    }

    private Task<FakeRelay> Relayed() => _cluster.Relayed(_number);

    private Task Acknowledge(FakeRelay relay) => _cluster.Engine.Raise(_number, new EngineEvent.ServerAcknowledged(relay.WhatsAppId, Now));

    private async Task<IReadOnlyList<EngineCursor>> AcknowledgedSoFar()
    {
        var all = new List<EngineCursor>();
        while (_cluster.Engine.HasAcknowledge(_number))
        {
            all.Add(await _cluster.Engine.NextAcknowledge(_number));
        }

        return all;
    }
}
