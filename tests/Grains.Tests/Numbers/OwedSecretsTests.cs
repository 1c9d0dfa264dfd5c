using Loopwave.Cluster;
using Loopwave.Engines;
using Loopwave.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Xunit;

namespace Loopwave.Numbers;

/// <summary>Events that are stored while what they change of the device's secrets is not: they happened once, and the secrets are still owed.</summary>
public sealed class OwedSecretsTests : IAsyncLifetime
{
    private static readonly EngineEvent Key = new EngineEvent.CredentialsChanged([new CredentialEntry("key", [9])]);

    private Func<Exception?> _fault = () => null;
    private LoopwaveCluster _cluster = null!;
    private string _number = null!;

    public async ValueTask InitializeAsync()
    {
        _cluster = await LoopwaveCluster.Start(services =>
        {
            var kept = services.Last(service => service.ServiceType == typeof(ICredentialStore));
            services.Replace(ServiceDescriptor.Singleton<ICredentialStore>(
                provider => new FailingCredentials((ICredentialStore)kept.ImplementationFactory!(provider), () => _fault())));
        });
        _number = await _cluster.ReadyNumber();
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task An_end_that_is_told_again_for_them_does_not_end_the_next_connection()
    {
        var closed = await NotSaved(Key, new EngineEvent.Closed(428));
        Assert.Equal(NumberStatus.Disconnected, (await _cluster.View(_number)).Status);
        _fault = () => null;

        await _cluster.PassesUntil(() => Task.FromResult(_cluster.Engine.HasOpen(_number)));
        await _cluster.Engine.Repeat(closed);

        Assert.Equal(NumberStatus.Connecting, (await _cluster.View(_number)).Status);
        await _cluster.Engine.Raise(_number, new EngineEvent.Opened("Acme"));
        Assert.Equal(NumberStatus.Ready, (await _cluster.View(_number)).Status);
        Assert.Equal(closed.Last, await Acknowledged(closed));
    }

    [Fact]
    public async Task Nothing_is_opened_while_they_are_owed_and_then_with_them()
    {
        await NotSaved(Key, new EngineEvent.Closed(428));

        await _cluster.Passes(60);
        Assert.False(_cluster.Engine.HasOpen(_number));
        _fault = () => null;

        await _cluster.PassesUntil(() => Task.FromResult(_cluster.Engine.HasOpen(_number)));
        Assert.Equal(["creds", "key"], (await _cluster.Engine.NextOpen(_number)).Credentials!.Select(entry => entry.Name).Order());
    }

    [Fact]
    public async Task A_message_that_came_with_them_is_stored_once_and_acknowledged_only_with_them()
    {
        while (_cluster.Engine.HasAcknowledge(_number))
        {
            await _cluster.Engine.NextAcknowledge(_number);
        }

        var batch = await NotSaved(new EngineEvent.MessageReceived(Any.Inbound("hello", _cluster.Clock.GetUtcNow())), Key);
        Assert.Equal("hello", Assert.Single(await _cluster.MessagesOf(Any.Customer)).Text);
        Assert.Equal(1, Assert.Single(await _cluster.ChatsOf(_number)).UnreadCount);
        Assert.False(_cluster.Engine.HasAcknowledge(_number));
        _fault = () => null;

        await _cluster.Engine.Repeat(batch);

        Assert.Equal(batch.Last, await _cluster.Engine.NextAcknowledge(_number));
        Assert.Equal(1, Assert.Single(await _cluster.ChatsOf(_number)).UnreadCount);
        Assert.Equal(2, Assert.IsType<CredentialsRead.Found>(await _cluster.Credentials.Load(_number)).Entries.Count);
    }

    [Fact]
    public async Task Those_that_can_never_be_saved_close_the_number_for_a_reason_and_its_events_stay_as_they_are()
    {
        _fault = () => new ArgumentException("Never.");
        var batch = _cluster.Engine.Next(_number, Key, new EngineEvent.MessageReceived(Any.Inbound("hello", _cluster.Clock.GetUtcNow())));
        for (var offer = 0; offer < 5; offer++)
        {
            await Assert.ThrowsAnyAsync<Exception>(() => _cluster.Engine.Repeat(batch));
        }

        await _cluster.Engine.Repeat(batch);

        Assert.Equal("credentials_not_saved", (await _cluster.View(_number)).Reason!.Code);
        Assert.Equal("hello", Assert.Single(await _cluster.MessagesOf(Any.Customer)).Text);
        for (var command = 0; command < 2; command++)
        {
            await _cluster.Number(_number).Reconnect();
            await _cluster.PassesUntil(async () => (await _cluster.View(_number)).Reason?.Code == "connection_lost");
            await _cluster.PassesUntil(async () => (await _cluster.View(_number)).Reason?.Code == "credentials_not_saved");
            Assert.False(_cluster.Engine.HasOpen(_number));
        }

        _fault = () => null;
        await _cluster.Number(_number).Reconnect();
        await _cluster.PassesUntil(() => Task.FromResult(_cluster.Engine.HasOpen(_number)));
        Assert.Equal(2, (await _cluster.Engine.NextOpen(_number)).Credentials!.Count);
    }

    [Fact]
    public async Task A_fault_that_nobody_knows_closes_no_number_when_it_is_gone_a_moment_later()
    {
        await NotSaved(Key, new EngineEvent.Closed(428));
        var faults = 2;
        _fault = () => faults-- > 0 ? new ArgumentException("Not now.") : null;

        await _cluster.PassesUntil(() => Task.FromResult(_cluster.Engine.HasOpen(_number)));

        Assert.True(faults < 0);
        Assert.Equal(2, (await _cluster.Engine.NextOpen(_number)).Credentials!.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_else_the_engine_tells_is_taken_meanwhile_and_they_are_saved_in_order(bool hostEnded)
    {
        var first = await NotSaved(Key);
        EngineEvent later = new EngineEvent.CredentialsChanged([new CredentialEntry("key", [10]), new CredentialEntry("other", [1])]);
        var more = hostEnded
            ? new EngineBatch(_number, new EngineCursor("after fake", first.First.Epoch, 1), [new EngineEvent.Closed(428)])
            : first with { Events = [Key, later, new EngineEvent.Closed(428)] };

        await Assert.ThrowsAnyAsync<Exception>(() => _cluster.Engine.Repeat(more));

        Assert.Equal(NumberStatus.Disconnected, (await _cluster.View(_number)).Status);
        _fault = () => null;
        await _cluster.Engine.Repeat(more);
        var stored = Assert.IsType<CredentialsRead.Found>(await _cluster.Credentials.Load(_number)).Entries.ToDictionary(entry => entry.Name, entry => entry.Value![0]);
        Assert.Equal(hostEnded ? [1, 9] : [1, 10, 1], stored.OrderBy(entry => entry.Key).Select(entry => (int)entry.Value));
        await Acknowledged(more);
    }

    [Fact]
    public async Task They_are_saved_within_minutes_when_nobody_opens_the_number_or_tells_them_again()
    {
        await NotSaved(Key, new EngineEvent.Closed(428));
        await _cluster.Number(_number).SetDesired(DesiredState.Stopped);
        await _cluster.Passes(10);
        _fault = () => null;

        await _cluster.PassesUntil(async () => await _cluster.Credentials.Load(_number) is CredentialsRead.Found { Entries.Count: 2 }, step: 10);
    }

    [Fact]
    public async Task They_are_saved_within_minutes_also_while_messages_are_queued_all_the_time()
    {
        await NotSaved(Key, new EngineEvent.Closed(428));
        await _cluster.Number(_number).SetDesired(DesiredState.Stopped);
        await _cluster.Passes(10);
        _fault = () => null;

        for (var i = 0; i < 12; i++)
        {
            Assert.Null((await _cluster.Messages.Send(Any.Send("later", Any.Jid(), _number) with { QueueWhenOffline = true })).Refusal);
            await _cluster.Passes(10);
        }

        Assert.Equal(2, Assert.IsType<CredentialsRead.Found>(await _cluster.Credentials.Load(_number)).Entries.Count);
    }

    [Fact]
    public async Task They_are_saved_before_the_number_goes_to_whoever_opens_it_next()
    {
        await NotSaved(Key, new EngineEvent.Closed(428));
        _fault = () => null;

        await _cluster.Grains.GetGrain<INumberPlace>(_number).Leave(null, null);

        await _cluster.Eventually(() => _cluster.Credentials.Load(_number), read => read is CredentialsRead.Found { Entries.Count: 2 });
    }

    private async Task<EngineBatch> NotSaved(params EngineEvent[] events)
    {
        _fault = () => new IOException("No room.");
        var batch = _cluster.Engine.Next(_number, events);
        await Assert.ThrowsAnyAsync<Exception>(() => _cluster.Engine.Repeat(batch));
        return batch;
    }

    private async Task<EngineCursor> Acknowledged(EngineBatch batch)
    {
        while (true)
        {
            if (await _cluster.Engine.NextAcknowledge(_number) is var cursor && cursor == batch.Last)
            {
                return cursor;
            }
        }
    }

    private sealed class FailingCredentials(ICredentialStore kept, Func<Exception?> fault) : ICredentialStore
    {
        public Task<CredentialsRead> Load(string number) => kept.Load(number);

        public Task<CredentialsSave> Save(string number, long epoch, IReadOnlyList<CredentialEntry> changes, bool begins) =>
            fault() is { } exception ? Task.FromException<CredentialsSave>(exception) : kept.Save(number, epoch, changes, begins);

        public Task<bool> Wipe(string number, long epoch) => kept.Wipe(number, epoch);
    }
}
