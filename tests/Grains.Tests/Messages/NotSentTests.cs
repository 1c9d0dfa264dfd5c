using Loopwave.Engines;
using Loopwave.Media;
using Loopwave.Numbers;
using Loopwave.Testing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Loopwave.Messages;

/// <summary>
/// Messages that could not leave: the connection is not to blame, the chat is not held up for long, and everybody sees why.
/// </summary>
public sealed class NotSentTests : IAsyncLifetime
{
    private const string Group = "120363000000000001@g.us";

    private LoopwaveCluster _cluster = null!;
    private string _number = null!;

    public async ValueTask InitializeAsync()
    {
        _cluster = await LoopwaveCluster.Start();
        _number = await _cluster.ReadyNumber();
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task A_message_that_the_network_refuses_before_it_left_fails_at_once_and_the_number_stays_ready()
    {
        _cluster.Engine.Relaying = relay =>
        {
            if (relay.Message.Text == "to nobody")
            {
                throw new EngineException(EngineError.Rejected, "There is no such group.", "not_in_group");
            }
        };
        var sent = await Accept("to nobody", Group);
        var next = await Accept("next", Group);

        Assert.Equal("next", (await Confirm()).Message.Text);
        await _cluster.Passes(40, step: 5);

        Assert.Equal((MessageStatus.Failed, "not_in_group"), await State(sent));
        Assert.Equal((MessageStatus.Sent, null), await State(next));
        await StayedReady();
    }

    [Fact]
    public async Task A_message_that_did_not_leave_is_tried_again_under_its_id_and_shows_why_it_waits()
    {
        var ids = new List<string>();
        _cluster.Engine.Relaying = relay =>
        {
            ids.Add(relay.WhatsAppId);
            if (ids.Count < 3)
            {
                throw new EngineException(EngineError.NotSent, "The network did not do it.");
            }
        };
        var sent = await Accept("patience");
        await _cluster.Eventually(() => State(sent), state => state == (MessageStatus.Queued, "server_unavailable"));

        await Confirm();
        await _cluster.Passes(40, step: 5);

        Assert.Equal(3, ids.Count);
        Assert.Single(ids.Distinct());
        Assert.Equal((MessageStatus.Sent, null), await State(sent));
        await StayedReady();
    }

    [Fact]
    public async Task A_connection_that_ends_before_a_message_is_written_counts_for_nothing()
    {
        var tries = 0;
        _cluster.Engine.Relaying = _ =>
        {
            if (++tries < 8)
            {
                throw new EngineException(EngineError.NotSent, "The connection was lost meanwhile.", EngineException.ConnectionLost);
            }
        };
        var sent = await Accept("patience");
        await _cluster.PassesUntil(() => Task.FromResult(tries == 7));
        Assert.Equal((MessageStatus.Queued, null), await State(sent));

        await Confirm();

        Assert.Equal((MessageStatus.Sent, null), await State(sent));
        Assert.Equal(8, tries);
    }

    [Fact]
    public async Task A_message_that_never_leaves_fails_and_holds_up_nobody_else()
    {
        var tries = 0;
        _cluster.Engine.Relaying = relay =>
        {
            if (relay.Message.Text == "stuck")
            {
                tries++;
                throw new EngineException(EngineError.NotSent, "The network did not do it.");
            }
        };
        var sent = await Accept("stuck");
        await Accept("behind it");
        await Accept("elsewhere", Any.Jid());
        Assert.Equal("elsewhere", (await Confirm()).Message.Text);
        Assert.Equal((MessageStatus.Queued, "server_unavailable"), await State(sent));

        Assert.Equal("behind it", (await Confirm()).Message.Text);

        Assert.Equal(5, tries);
        Assert.Equal((MessageStatus.Failed, "server_unavailable"), await State(sent));
        await StayedReady();
    }

    [Theory]
    [InlineData(EngineError.Rejected)]
    [InlineData(EngineError.NotSent)]
    public async Task A_repeat_that_does_not_leave_says_nothing_of_the_first_time(EngineError error)
    {
        var sent = await Accept("once");
        await _cluster.Engine.NextRelay(_number);
        _cluster.Engine.Relaying = _ => throw new EngineException(error, "No.", "not_in_group");

        await _cluster.Engine.Raise(_number, new EngineEvent.Closed(428));
        await _cluster.ComesBack(_number);
        await _cluster.PassesUntil(async () => (await State(sent)).Status is MessageStatus.Failed, step: 5);

        Assert.Equal((MessageStatus.Failed, "uncertain"), await State(sent));
        Assert.False(_cluster.Engine.HasOpen(_number));
    }

    [Fact]
    public async Task A_message_that_may_have_left_waits_for_its_answer_whatever_the_engine_says()
    {
        _cluster.Engine.Relaying = _ => throw new EngineException(EngineError.Unavailable, "Nobody knows.");
        var sent = await Accept("perhaps");

        await _cluster.PassesUntil(async () => (await _cluster.View(_number)).Reason?.Code == "deaf", step: 5);

        Assert.Equal((MessageStatus.Queued, null), await State(sent));
    }

    [Theory]
    [InlineData(null, "media_upload_failed")]
    [InlineData("disk_full", "disk_full")]
    public async Task A_file_that_can_never_be_uploaded_fails_after_growing_pauses_and_lets_its_chat_go_on(string? code, string shown)
    {
        var media = await Upload();
        var tries = new List<DateTimeOffset>();
        _cluster.Engine.Preparing = message =>
        {
            if (message.File is not null)
            {
                tries.Add(_cluster.Clock.GetUtcNow());
                throw new EngineException(EngineError.Unavailable, "Not now.", code);
            }
        };
        var sent = (await _cluster.Messages.Send(Any.Send("") with { Media = media })).Value!.Message.Id;
        await Accept("behind it");
        await Accept("elsewhere", Any.Jid());
        Assert.Equal("elsewhere", (await Confirm()).Message.Text);
        await _cluster.Eventually(() => State(sent), state => state == (MessageStatus.Queued, shown));

        Assert.Equal("behind it", (await Confirm()).Message.Text);

        Assert.Equal((MessageStatus.Failed, shown), await State(sent));
        Assert.Equal(5, tries.Count);
        var pauses = tries.Zip(tries.Skip(1), (one, next) => next - one).ToList();
        Assert.Equal(pauses.Order(), pauses);
        Assert.True(pauses[^1] >= TimeSpan.FromMinutes(10));
        await StayedReady();
    }

    [Fact]
    public async Task What_cannot_be_asked_before_a_text_is_sent_fails_it_with_another_cause()
    {
        _cluster.Engine.Directory = _ => throw new EngineException(EngineError.Unavailable, "Not now.");

        var sent = await Accept("anybody?");
        await _cluster.PassesUntil(async () => (await State(sent)).Status is MessageStatus.Failed, step: 5);

        Assert.Equal((MessageStatus.Failed, "server_unavailable"), await State(sent));
    }

    [Fact]
    public async Task Want_of_a_connection_is_no_failure_of_the_message()
    {
        var tries = 0;
        _cluster.Engine.Preparing = _ =>
        {
            if (++tries <= 20)
            {
                throw new EngineException(EngineError.NotConnected, "There is no connection.");
            }
        };
        var sent = await Accept("patience");

        await Confirm();

        Assert.Equal(21, tries);
        Assert.Equal((MessageStatus.Sent, null), await State(sent));
    }

    [Fact]
    public async Task A_connection_that_went_while_a_message_was_prepared_is_no_failure_of_the_message()
    {
        var tries = 0;
        _cluster.Engine.Directory = phone => ++tries > 7
            ? new RecipientCheck(true, phone + "@s.whatsapp.net", null)
            : throw new EngineException(EngineError.Unavailable, "The engine host ended.");
        var asking = HoldResolving();
        var sent = await Accept("patience");

        for (var drop = 0; drop < 50 && tries < 7; drop++)
        {
            await _cluster.Engine.Raise(_number, new EngineEvent.Closed(428));
            asking.SetResult();
            asking = HoldResolving();
            await _cluster.ComesBack(_number);
        }

        Assert.Equal(7, tries);
        asking.SetResult();
        await Confirm();
        Assert.Equal((MessageStatus.Sent, null), await State(sent));
    }

    [Fact]
    public async Task A_restart_does_not_begin_to_count_anew()
    {
        var tries = 0;
        void Fail(OutboundMessage message)
        {
            tries++;
            throw new EngineException(EngineError.Unavailable, "Not now.");
        }

        _cluster.Engine.Preparing = Fail;
        var sent = await Accept("stuck");
        await _cluster.PassesUntil(() => Task.FromResult(tries == 3));
        await _cluster.Eventually(() => State(sent), state => state == (MessageStatus.Queued, "server_unavailable"));
        await _cluster.Passes(1);

        _cluster = await _cluster.Restart();
        _cluster.Engine.Preparing = Fail;
        await _cluster.Number(_number).Ensure();
        await _cluster.Reconnected(_number);
        await _cluster.PassesUntil(async () => (await State(sent)).Status is MessageStatus.Failed, step: 5);

        Assert.Equal(5, tries);
    }

    [Fact]
    public async Task A_message_that_waits_can_be_taken_back_and_then_has_no_error()
    {
        _cluster.Engine.Preparing = _ => throw new EngineException(EngineError.Unavailable, "Not now.");
        var sent = await Accept("never mind");
        await _cluster.Eventually(() => State(sent), state => state == (MessageStatus.Queued, "server_unavailable"));

        await _cluster.Messages.Delete(sent, new MessageAuthor(AuthorType.Api), Access.All);

        Assert.Equal((MessageStatus.Cancelled, null), await State(sent));
    }

    private async Task<string> Accept(string text, string to = Any.Customer)
    {
        var answer = await _cluster.Messages.Send(Any.Send(text, to));
        Assert.Null(answer.Refusal);
        return answer.Value!.Message.Id;
    }

    private async Task<(MessageStatus Status, string? Error)> State(string id)
    {
        var message = (await _cluster.Messages.Get(id, Access.All)).Value!.Message;
        return (message.Status, message.Error?.Code);
    }

    /// <summary>Lets time pass until the next message is written, and acknowledges it.</summary>
    private async Task<FakeRelay> Confirm()
    {
        await _cluster.PassesUntil(() => Task.FromResult(_cluster.Engine.HasRelay(_number)), step: 2);
        var relay = await _cluster.Engine.NextRelay(_number);
        await _cluster.Engine.Raise(_number, new EngineEvent.ServerAcknowledged(relay.WhatsAppId, _cluster.Clock.GetUtcNow()));
        return relay;
    }

    private async Task StayedReady()
    {
        Assert.Equal(NumberStatus.Ready, (await _cluster.View(_number)).Status);
        Assert.DoesNotContain((await _cluster.Number(_number).Get()).Value!.Timeline, entry => entry.Reason?.Code == "deaf");
    }

    private async Task<string> Upload()
    {
        var files = _cluster.Services.GetRequiredService<IMediaFiles>();
        var write = Assert.IsType<MediaWrite.Stored>(await files.Write(new MemoryStream([1, 2, 3]), 100, CancellationToken.None));
        return (await _cluster.Media.Register(new UploadedFile(write.Hash, write.Size, "image/png", null))).Value!.Id;
    }

    private TaskCompletionSource HoldResolving()
    {
        var held = new TaskCompletionSource();
        _cluster.Engine.Resolving = held.Task;
        return held;
    }
}
