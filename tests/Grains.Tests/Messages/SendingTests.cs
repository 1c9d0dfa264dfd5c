using Loopwave.Engines;
using Loopwave.Numbers;
using Loopwave.Testing;
using Xunit;

namespace Loopwave.Messages;

public sealed class SendingTests : IAsyncLifetime
{
    private LoopwaveCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await LoopwaveCluster.Start();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task A_message_is_sent_delivered_and_read_and_says_so()
    {
        var number = await _cluster.ReadyNumber();
        var sent = await Accept(Any.Send("Hi"));
        var relay = await _cluster.Engine.NextRelay(number);
        Assert.Equal((Any.Customer, "Hi"), (relay.Jid, relay.Message.Text));
        Assert.Equal(MessageStatus.Queued, (await Stored(sent)).Message.Status);

        await _cluster.Engine.Raise(number, new EngineEvent.ServerAcknowledged(relay.WhatsAppId, _cluster.Clock.GetUtcNow()));
        Assert.Equal(MessageStatus.Sent, (await Stored(sent)).Message.Status);
        await _cluster.Engine.Raise(number, new EngineEvent.ReceiptReceived(Any.Customer, [relay.WhatsAppId], ReceiptKind.Read, _cluster.Clock.GetUtcNow()));
        await _cluster.Engine.Raise(number, new EngineEvent.ReceiptReceived(Any.Customer, [relay.WhatsAppId], ReceiptKind.Delivered, _cluster.Clock.GetUtcNow()));

        var message = await Stored(sent);
        Assert.Equal(MessageStatus.Read, message.Message.Status);
        Assert.Equal([MessageStatus.Queued, MessageStatus.Sent, MessageStatus.Read], message.Timeline.Select(change => change.Status));
    }

    [Fact]
    public async Task Messages_of_one_chat_go_one_after_the_other_in_the_order_they_were_accepted()
    {
        var number = await _cluster.ReadyNumber();
        var texts = Enumerable.Range(1, 5).Select(n => (string?)$"number {n}").ToList();
        foreach (var text in texts)
        {
            await Accept(Any.Send(text!));
        }

        var seen = new List<string?>();
        foreach (var _ in texts)
        {
            var relay = await _cluster.Engine.NextRelay(number);
            Assert.False(_cluster.Engine.HasRelay(number));
            seen.Add(relay.Message.Text);
            await _cluster.Engine.Raise(number, new EngineEvent.ServerAcknowledged(relay.WhatsAppId, _cluster.Clock.GetUtcNow()));
            _cluster.Clock.Advance(TimeSpan.FromSeconds(2));
        }

        Assert.Equal(texts, seen);
    }

    [Fact]
    public async Task A_message_that_was_on_the_wire_when_the_process_died_is_repeated_with_the_same_id()
    {
        var number = await _cluster.ReadyNumber();
        await Accept(Any.Send("once"));
        var first = await _cluster.Engine.NextRelay(number);

        _cluster = await _cluster.Restart();
        await _cluster.Number(number).Ensure();
        await _cluster.Reconnected(number);
        _cluster.Clock.Advance(TimeSpan.FromSeconds(3));

        var second = await _cluster.Engine.NextRelay(number);
        Assert.Equal(first.WhatsAppId, second.WhatsAppId);
        Assert.True(second.Epoch > first.Epoch);
    }

    [Fact]
    public async Task A_message_that_is_never_confirmed_ends_as_uncertain_after_three_repeats()
    {
        var number = await _cluster.ReadyNumber();
        var sent = await Accept(Any.Send("nobody answers"));
        var ids = new List<string> { (await _cluster.Engine.NextRelay(number)).WhatsAppId };
        for (var repeat = 1; repeat <= 3; repeat++)
        {
            await Drop(number);
            ids.Add((await _cluster.Engine.NextRelay(number)).WhatsAppId);
        }

        await Drop(number);
        var message = await _cluster.Eventually(() => Stored(sent), one => one.Message.Status is MessageStatus.Failed);
        Assert.Equal("uncertain", message.Message.Error!.Code);
        Assert.Single(ids.Distinct());
    }

    [Fact]
    public async Task A_connection_that_leaves_a_message_unanswered_for_thirty_seconds_is_deaf_and_opened_again()
    {
        var number = await _cluster.ReadyNumber();
        await Accept(Any.Send("hello?"));
        await _cluster.Engine.NextRelay(number);

        await _cluster.Passes(29);
        Assert.Null((await _cluster.View(number)).Reason);

        await _cluster.PassesUntil(async () => (await _cluster.View(number)).Reason?.Code == "deaf");
        Assert.Equal("close", await _cluster.Engine.NextClose(number));
    }

    [Fact]
    public async Task A_permanent_error_fails_the_message_at_once_and_lets_the_next_one_go()
    {
        var number = await _cluster.ReadyNumber();
        _cluster.Engine.Preparing = message =>
        {
            if (message.Text == "bad")
            {
                throw new EngineException(EngineError.Rejected, "No.", "rejected");
            }
        };
        var bad = await Accept(Any.Send("bad"));
        await Accept(Any.Send("good"));

        Assert.Equal("good", (await _cluster.Engine.NextRelay(number)).Message.Text);
        Assert.Equal((MessageStatus.Failed, "rejected"), ((await Stored(bad)).Message.Status, (await Stored(bad)).Message.Error!.Code));
    }

    [Fact]
    public async Task What_was_to_happen_to_a_message_that_then_fails_is_not_done_and_hides_no_failure()
    {
        var number = await _cluster.ReadyNumber();
        var preparing = new TaskCompletionSource();
        _cluster.Engine.Resolving = preparing.Task;
        _cluster.Engine.Preparing = message =>
        {
            if (message.Kind is OutboundKind.Message)
            {
                throw new EngineException(EngineError.Rejected, "No.", "rejected");
            }
        };
        var author = new MessageAuthor(AuthorType.Api);
        var sent = await Accept(Any.Send("teh"));
        await _cluster.Messages.Edit(sent, "the", author, Access.All);
        await _cluster.Messages.React(sent, "👍", author, Access.All);
        await _cluster.Messages.Delete(sent, author, Access.All);

        preparing.SetResult();

        await _cluster.Eventually(async () => (await _cluster.Number(number).Get()).Value!.Number.Counters.Queued, queued => queued == 0);

        // The queue is empty a moment before what became of its last row is stored.
        var message = (await _cluster.Eventually(() => Stored(sent), one => one.Message.Status is MessageStatus.Failed)).Message;
        Assert.Equal(("rejected", "teh"), (message.Error!.Code, message.Text));
        Assert.False(_cluster.Engine.HasRelay(number));
    }

    [Fact]
    public async Task What_may_have_been_sent_can_be_taken_back_and_stays_uncertain_when_that_fails()
    {
        var number = await _cluster.ReadyNumber();
        var sent = await Accept(Any.Send("nobody answers"));
        await _cluster.Engine.NextRelay(number);
        for (var repeat = 1; repeat <= 3; repeat++)
        {
            await Drop(number);
            await _cluster.Engine.NextRelay(number);
        }

        await Drop(number);
        await _cluster.Eventually(() => Stored(sent), one => one.Message.Status is MessageStatus.Failed);
        _cluster.Engine.Preparing = message => throw new EngineException(EngineError.Rejected, "No.", "rejected");

        Assert.NotNull((await _cluster.Messages.Delete(sent, new MessageAuthor(AuthorType.Api), Access.All)).Value);

        // The queue is empty a moment before what became of its last row is stored.
        var error = (await _cluster.Eventually(
            () => Stored(sent), one => one.Message.Error!.Message.EndsWith("failed: No.", StringComparison.Ordinal))).Message.Error!;
        Assert.Equal("uncertain", error.Code);
    }

    [Fact]
    public async Task Somebody_who_is_not_on_the_network_fails_the_message_visibly()
    {
        await _cluster.ReadyNumber();
        _cluster.Engine.Directory = _ => new RecipientCheck(false, null, null);

        var sent = await Accept(Any.Send("anybody?"));

        var message = await _cluster.Eventually(() => Stored(sent), one => one.Message.Status is MessageStatus.Failed);
        Assert.Equal("not_on_whatsapp", message.Message.Error!.Code);
    }

    [Fact]
    public async Task A_number_that_is_not_ready_refuses_unless_the_caller_wants_to_wait()
    {
        var number = await _cluster.ReadyNumber();
        await _cluster.Engine.Raise(number, new EngineEvent.Closed(403));

        Assert.Equal(RefusalCode.NoReadySession, (await _cluster.Messages.Send(Any.Send("now"))).Refusal!.Code);
        Assert.Equal(RefusalCode.NoReadySession, (await _cluster.Messages.Send(Any.Send("now", from: number))).Refusal!.Code);
        Assert.Equal(RefusalCode.UnknownNumber, (await _cluster.Messages.Send(Any.Send("now", from: "n000000000x"))).Refusal!.Code);
        var waiting = await _cluster.Messages.Send(Any.Send("later", from: number) with { QueueWhenOffline = true });
        Assert.Equal(MessageStatus.Queued, waiting.Value!.Message.Status);

        await _cluster.Number(number).Reconnect();
        await _cluster.Reconnected(number);
        Assert.Equal("later", (await _cluster.Engine.NextRelay(number)).Message.Text);
    }

    [Fact]
    public async Task A_message_older_than_its_time_limit_expires_and_is_never_sent()
    {
        var number = await _cluster.ReadyNumber();
        await _cluster.Engine.Raise(number, new EngineEvent.Closed(403));
        var sent = await Accept(Any.Send("stale", from: number) with { QueueWhenOffline = true });

        _cluster.Clock.Advance(TimeSpan.FromHours(25));

        var message = await _cluster.Eventually(() => Stored(sent), one => one.Message.Status is MessageStatus.Failed);
        Assert.Equal("expired", message.Message.Error!.Code);
        Assert.False(_cluster.Engine.HasRelay(number));
    }

    [Fact]
    public async Task A_scheduled_message_goes_at_its_time_and_not_before()
    {
        var number = await _cluster.ReadyNumber();
        var sent = await _cluster.Messages.Send(Any.Send("at noon") with { SendAt = _cluster.Clock.GetUtcNow().AddHours(1) });
        Assert.Equal(MessageStatus.Scheduled, sent.Value!.Message.Status);
        await Accept(Any.Send("now"));
        Assert.Equal("now", (await _cluster.Engine.NextRelay(number)).Message.Text);
        Assert.False(_cluster.Engine.HasRelay(number));
    }

    [Fact]
    public async Task A_scheduled_message_is_not_edited_before_it_is_sent()
    {
        var number = await _cluster.ReadyNumber();
        var sent = (await _cluster.Messages.Send(Any.Send("at noon") with { SendAt = _cluster.Clock.GetUtcNow().AddHours(1) })).Value!.Message.Id;

        Assert.Equal(RefusalCode.Conflict, (await _cluster.Messages.Edit(sent, "later", new MessageAuthor(AuthorType.Api), Access.All)).Refusal!.Code);
        Assert.Equal(RefusalCode.Conflict, (await _cluster.Messages.React(sent, "👍", new MessageAuthor(AuthorType.Api), Access.All)).Refusal!.Code);
        Assert.False(_cluster.Engine.HasRelay(number));
    }

    [Fact]
    public async Task A_scheduled_message_can_be_cancelled_and_is_never_sent()
    {
        var number = await _cluster.ReadyNumber();
        var sent = (await _cluster.Messages.Send(Any.Send("maybe") with { SendAt = _cluster.Clock.GetUtcNow().AddHours(1) })).Value!.Message.Id;

        var cancelled = await _cluster.Messages.Delete(sent, new MessageAuthor(AuthorType.Api), Access.All);

        Assert.Equal(MessageStatus.Cancelled, cancelled.Value!.Status);
        Assert.Equal(MessageStatus.Cancelled, (await Stored(sent)).Message.Status);
        Assert.Equal(0, (await _cluster.Number(number).Get()).Value!.Number.Counters.Queued);
    }

    [Fact]
    public async Task The_same_idempotency_key_is_accepted_once_and_another_body_under_it_is_refused()
    {
        var number = await _cluster.ReadyNumber();
        var key = new IdempotencyKey("key00001 POST /messages", "order-1", "hash-a");
        var first = await _cluster.Messages.Send(Any.Send("one") with { Idempotency = key });
        var again = await _cluster.Messages.Send(Any.Send("one") with { Idempotency = key });
        var other = await _cluster.Messages.Send(Any.Send("two") with { Idempotency = key with { BodyHash = "hash-b" } });

        Assert.False(first.Value!.Replayed);
        Assert.True(again.Value!.Replayed);
        Assert.Equal(first.Value.Message, again.Value.Message);
        Assert.Equal(RefusalCode.IdempotencyMismatch, other.Refusal!.Code);
        await _cluster.Engine.NextRelay(number);
        Assert.False(_cluster.Engine.HasRelay(number));
    }

    [Fact]
    public async Task A_reaction_an_edit_and_a_delete_change_the_message_once_the_network_confirmed_them()
    {
        var number = await _cluster.ReadyNumber();
        var author = new MessageAuthor(AuthorType.Api);
        var sent = await Accept(Any.Send("teh"));
        await Confirm(number);

        await _cluster.Messages.Edit(sent, "the", author, Access.All);
        await Confirm(number);
        await _cluster.Messages.React(sent, "👍", author, Access.All);
        await Confirm(number);
        var message = (await Stored(sent)).Message;
        Assert.Equal(("the", "👍"), (message.Text, message.Reactions.Single().Emoji));
        Assert.NotNull(message.EditedAt);

        await _cluster.Messages.Delete(sent, author, Access.All);
        await Confirm(number);
        message = (await Stored(sent)).Message;
        Assert.Null(message.Text);
        Assert.NotNull(message.DeletedAt);
    }

    [Fact]
    public async Task A_full_queue_refuses_and_says_when_to_come_back()
    {
        await _cluster.DisposeAsync();
        _cluster = await LoopwaveCluster.Start(services => Microsoft.Extensions.DependencyInjection.OptionsServiceCollectionExtensions
            .Configure<NumberOptions>(services, options => options.QueueCapacity = 2));
        var number = await _cluster.ReadyNumber();
        await _cluster.Engine.Raise(number, new EngineEvent.Closed(403));
        var waiting = Any.Send("wait", from: number) with { QueueWhenOffline = true };
        await Accept(waiting);
        await Accept(waiting);

        var refused = (await _cluster.Messages.Send(waiting)).Refusal!;

        Assert.Equal(RefusalCode.QueueFull, refused.Code);
        Assert.NotNull(refused.RetryAfter);
    }

    [Fact]
    public async Task An_engine_that_is_not_available_for_a_moment_is_asked_again_and_the_order_is_kept()
    {
        var number = await _cluster.ReadyNumber();
        var refused = 0;
        _cluster.Engine.Preparing = message =>
        {
            if (message.Text == "one" && refused++ < 2)
            {
                throw new EngineException(EngineError.Unavailable, "Not now.");
            }
        };
        await Accept(Any.Send("one"));
        await Accept(Any.Send("two"));

        Assert.Equal("one", (await _cluster.Relayed(number)).Message.Text);
    }

    [Fact]
    public async Task A_text_whose_preparation_never_ends_is_tried_again_long_before_an_upload_is_given_up_and_the_order_is_kept()
    {
        var number = await _cluster.ReadyNumber();
        var hanging = new TaskCompletionSource();
        var tries = 0;
        _cluster.Engine.Building = message => message.Text == "one" && tries++ == 0 ? hanging.Task : Task.CompletedTask;
        await Accept(Any.Send("one"));
        await Accept(Any.Send("two"));
        await _cluster.Eventually(() => Task.FromResult(tries), begun => begun == 1);
        var began = _cluster.Clock.GetUtcNow();

        Assert.Equal("one", (await _cluster.Relayed(number)).Message.Text);
        Assert.InRange(_cluster.Clock.GetUtcNow() - began, TimeSpan.FromSeconds(40), TimeSpan.FromMinutes(3));
    }

    [Fact]
    public async Task A_message_that_cannot_be_prepared_is_tried_three_times_and_then_lets_the_next_one_go()
    {
        var number = await _cluster.ReadyNumber();
        var tries = 0;
        _cluster.Engine.Preparing = message =>
        {
            if (message.Text == "poison")
            {
                tries++;
                throw new InvalidOperationException("Nobody planned this.");
            }
        };
        var poison = await Accept(Any.Send("poison"));
        await Accept(Any.Send("next"));

        Assert.Equal("next", (await _cluster.Relayed(number)).Message.Text);
        Assert.Equal(3, tries);
        Assert.Equal((MessageStatus.Failed, "poison"), ((await Stored(poison)).Message.Status, (await Stored(poison)).Message.Error!.Code));
    }

    private async Task<string> Accept(SendRequest request)
    {
        var answer = await _cluster.Messages.Send(request);
        Assert.Null(answer.Refusal);
        return answer.Value!.Message.Id;
    }

    private async Task<MessageDetails> Stored(string id) => (await _cluster.Messages.Get(id, Access.All)).Value!;

    private async Task Confirm(string number)
    {
        _cluster.Clock.Advance(TimeSpan.FromSeconds(2));
        var relay = await _cluster.Engine.NextRelay(number);
        await _cluster.Engine.Raise(number, new EngineEvent.ServerAcknowledged(relay.WhatsAppId, _cluster.Clock.GetUtcNow()));
    }

    private async Task Drop(string number)
    {
        await _cluster.Engine.Raise(number, new EngineEvent.Closed(428));
        _cluster.Clock.Advance(TimeSpan.FromSeconds(61));
        await _cluster.Reconnected(number);
        _cluster.Clock.Advance(TimeSpan.FromSeconds(3));
    }
}
