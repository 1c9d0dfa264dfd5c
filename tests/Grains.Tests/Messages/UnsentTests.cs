using Loopwave.Deployment;
using Loopwave.Engines;
using Loopwave.Numbers;
using Loopwave.Testing;
using Xunit;

namespace Loopwave.Messages;

/// <summary>Messages whose number is not there to send them: each reaches an end that its sender can see, and none leaves by another account.</summary>
public sealed class UnsentTests : IAsyncLifetime
{
    private LoopwaveCluster _cluster = null!;
    private string _number = null!;

    public async ValueTask InitializeAsync()
    {
        _cluster = await LoopwaveCluster.Start();
        _number = await _cluster.ReadyNumber();
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_message_of_a_stopped_number_expires_also_when_its_process_ended_meanwhile(bool whileItWasDown)
    {
        await Stop();
        var waiting = await Queue("stale");
        _cluster.Clock.Advance(TimeSpan.FromHours(whileItWasDown ? 25 : 1));
        _cluster = await _cluster.Restart();
        _cluster.Clock.Advance(TimeSpan.FromHours(whileItWasDown ? 1 : 25));

        Assert.Equal("expired", await Failure(waiting));
        Assert.Equal(0, _cluster.Engine.Opens(_number));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_waits_for_a_number_that_is_unlinked_is_given_up_at_once(bool stopped)
    {
        var handed = await Queue("on the wire");
        await _cluster.Engine.NextRelay(_number);
        var behind = await Queue("behind it");
        if (stopped)
        {
            await Stop();
        }

        var scheduled = (await _cluster.Messages.Send(Any.Send("at noon", from: _number) with { SendAt = _cluster.Clock.GetUtcNow().AddHours(1) })).Value!.Message.Id;
        await _cluster.Number(_number).Unlink();

        Assert.Equal("number_removed", await Failure(behind));
        Assert.Equal("number_removed", await Failure(scheduled));
        Assert.Equal("uncertain", await Failure(handed));
        Assert.Equal(0, (await _cluster.View(_number)).Counters.Queued);
        Assert.Contains(await _cluster.Outbox(_number), row => row.Event == "message.status" && (string?)row.Data["error"]?["code"] == "number_removed");
    }

    [Fact]
    public async Task What_waits_for_an_unlinked_number_is_given_up_also_after_its_process_ended()
    {
        var unlinked = new TaskCompletionSource();
        await _cluster.DisposeAsync();
        _cluster = await LoopwaveCluster.Start(new ClusterSetup
        {
            // The process ends between the unlinking and what follows from it.
            Commits = (changes, commit) => changes.Dequeued.Count > 0 && !unlinked.Task.IsCompleted
                ? throw new StorageUnavailableException("The process is about to end.")
                : commit(),
        });
        _number = await _cluster.ReadyNumber();
        await Stop();
        var waiting = await Queue("late");
        await _cluster.Number(_number).Unlink();
        Assert.Equal(MessageStatus.Queued, (await Stored(waiting)).Status);

        unlinked.SetResult();
        _cluster = await _cluster.Restart();

        Assert.Equal("number_removed", await Failure(waiting));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nothing_that_was_accepted_for_one_phone_leaves_by_another_one(bool removedFirst)
    {
        var handed = await Queue("on the wire");
        var wire = await _cluster.Engine.NextRelay(_number);
        await Stop();
        var waiting = await Queue("for the first phone");
        if (removedFirst)
        {
            await _cluster.Number(_number).Unlink();
        }

        await LinkAnother("919800000002");

        Assert.Equal(removedFirst ? "number_removed" : "number_replaced", await Failure(waiting));
        Assert.Equal("uncertain", await Failure(handed));
        await Queue("for the second phone");
        var relay = await _cluster.Relayed(_number);
        Assert.Equal("for the second phone", relay.Message.Text);
        await _cluster.Engine.Raise(_number, new EngineEvent.ServerAcknowledged(relay.WhatsAppId, _cluster.Clock.GetUtcNow()));
        await _cluster.Passes(10);
        Assert.False(_cluster.Engine.HasRelay(_number));
        Assert.NotEqual(wire.WhatsAppId, relay.WhatsAppId);
    }

    [Fact]
    public async Task The_same_phone_linked_again_sends_what_waited_for_it()
    {
        await Stop();
        await Queue("still wanted");

        await LinkAnother("919800000001");

        Assert.Equal("still wanted", (await _cluster.Relayed(_number)).Message.Text);
    }

    private async Task Stop()
    {
        await _cluster.Number(_number).SetDesired(DesiredState.Stopped);
        Assert.Equal("close", await _cluster.Engine.NextClose(_number));
    }

    /// <summary>Links a phone in place of the first one, whose device is logged out before.</summary>
    private async Task LinkAnother(string phone)
    {
        Assert.Null((await _cluster.Number(_number).Link(new LinkRequest(LinkMethod.Qr, null, Replace: true))).Refusal);
        while ((await NextOpen()).Credentials is not null)
        {
            await _cluster.Engine.Raise(_number, new EngineEvent.Opened("Acme"));
        }

        await _cluster.Engine.Raise(
            _number, new EngineEvent.LinkOffered("qr", null, _cluster.Clock.GetUtcNow().AddSeconds(60)),
            new EngineEvent.CredentialsChanged([new CredentialEntry("creds", [4])]), new EngineEvent.Linked(phone, null, null),
            new EngineEvent.Closed(515));
        await NextOpen();
        await _cluster.Engine.Raise(_number, new EngineEvent.Opened("Acme"));
    }

    private async Task<EngineOpen> NextOpen()
    {
        await _cluster.PassesUntil(() => Task.FromResult(_cluster.Engine.HasOpen(_number)));
        return await _cluster.Engine.NextOpen(_number);
    }

    private async Task<string> Queue(string text)
    {
        var answer = await _cluster.Messages.Send(Any.Send(text, from: _number) with { QueueWhenOffline = true });
        return answer.Value!.Message.Id;
    }

    private async Task<MessageView> Stored(string id) => (await _cluster.Messages.Get(id, Access.All)).Value!.Message;

    private async Task<string> Failure(string id) =>
        (await _cluster.Eventually(() => Stored(id), one => one.Status is MessageStatus.Failed)).Error!.Code;
}
