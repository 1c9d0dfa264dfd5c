using Loopwave.Engines;
using Loopwave.Messages;
using Loopwave.Testing;
using Xunit;

namespace Loopwave.Numbers;

public sealed class NumberGrainTests : IAsyncLifetime
{
    private LoopwaveCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await LoopwaveCluster.Start();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task A_number_that_moves_takes_messages_while_its_connection_is_still_being_opened()
    {
        var id = await _cluster.ReadyNumber();
        var opens = _cluster.Engine.Opens(id);
        var host = new TaskCompletionSource();
        _cluster.Engine.Connecting = host.Task;
        await _cluster.Deactivate(_cluster.Number(id));

        await _cluster.Number(id).Ensure();
        var sent = await _cluster.Messages.Send(Any.Send("hi", from: id) with { QueueWhenOffline = true });

        Assert.Equal(MessageStatus.Queued, sent.Value!.Message.Status);
        Assert.Equal((false, opens), (_cluster.Engine.IsOpen(id), _cluster.Engine.Opens(id)));
        host.SetResult();
        await _cluster.ComesBack(id);
        Assert.Equal("hi", (await _cluster.Engine.NextRelay(id)).Message.Text);
    }

    [Fact]
    public async Task A_number_shows_its_code_then_connects_by_itself_once_it_was_scanned()
    {
        var created = (await _cluster.Numbers.Create(new NewNumber("Support", EngineKind.WhatsApp, Access.All))).Value!;
        Assert.Equal(NumberStatus.LoggedOut, created.Status);
        var number = _cluster.Number(created.Id);
        await number.Link(new LinkRequest(LinkMethod.Qr));
        await _cluster.Engine.NextOpen(created.Id);
        await _cluster.Engine.Raise(created.Id, new EngineEvent.LinkOffered("the-qr", null, _cluster.Clock.GetUtcNow().AddSeconds(20)));

        var link = (await number.GetLink()).Value!;
        Assert.Equal(("the-qr", NumberStatus.LoggedOut, NumberDetail.Linking), (link.Qr, link.Status, link.Detail));

        await _cluster.Engine.Raise(
            created.Id, new EngineEvent.LinkScanned(), new EngineEvent.CredentialsChanged([new CredentialEntry("creds", [1])]),
            new EngineEvent.Linked("919800000001", null, "Acme"), new EngineEvent.Closed(515));
        _cluster.Clock.Advance(TimeSpan.FromMilliseconds(200));
        var open = await _cluster.Engine.NextOpen(created.Id);
        Assert.NotNull(open.Credentials);
        await _cluster.Engine.Raise(created.Id, new EngineEvent.Opened("Acme"));

        var view = (await number.Get()).Value!.Number;
        Assert.Equal((NumberStatus.Ready, "919800000001", "Acme"), (view.Status, view.Phone, view.PushName));
    }

    [Fact]
    public async Task A_number_that_lost_its_connection_connects_again_when_the_delay_is_over()
    {
        var id = await _cluster.ReadyNumber();

        await _cluster.Engine.Raise(id, new EngineEvent.Closed(428));
        var waiting = (await _cluster.Number(id).Get()).Value!.Number;
        Assert.Equal((NumberStatus.Disconnected, "connection_lost", 1), (waiting.Status, waiting.Reason!.Code, waiting.Attempt));
        Assert.NotNull(waiting.NextAttemptAt);

        _cluster.Clock.Advance(TimeSpan.FromSeconds(2));
        await _cluster.Reconnected(id);
        Assert.Equal(NumberStatus.Ready, (await _cluster.Number(id).Get()).Value!.Number.Status);
    }

    [Fact]
    public async Task A_number_whose_engine_cannot_run_says_why_and_connects_once_it_can()
    {
        var id = await _cluster.ReadyNumber();
        _cluster.Engine.Opening = _ => throw new EngineException(EngineError.Unavailable, "Node is missing.", "node_missing");

        await _cluster.Number(id).Reconnect();
        await _cluster.Engine.NextClose(id);
        await _cluster.Due(TimeSpan.FromMilliseconds(200));
        var waiting = await _cluster.Eventually(() => _cluster.View(id), view => view.Status is NumberStatus.Disconnected);
        Assert.Equal(new Cause("node_missing", "Node is missing."), waiting.Reason);
        Assert.NotNull(waiting.NextAttemptAt);

        _cluster.Engine.Opening = _ => { };
        await _cluster.PassesUntil(() => Task.FromResult(_cluster.Engine.HasOpen(id)));
        await _cluster.Engine.Raise(id, new EngineEvent.Opened("Acme"));
        Assert.Equal(NumberStatus.Ready, (await _cluster.View(id)).Status);
    }

    [Fact]
    public async Task A_number_that_is_to_be_linked_says_why_its_engine_cannot_run()
    {
        _cluster.Engine.Opening = _ => throw new EngineException(EngineError.Unavailable, "Node is missing.", "node_missing");
        var id = (await _cluster.Numbers.Create(new NewNumber("Support", EngineKind.WhatsApp, Access.All))).Value!.Id;

        await _cluster.Number(id).Link(new LinkRequest(LinkMethod.Qr));
        await _cluster.Due(TimeSpan.FromMilliseconds(200));

        var link = (await _cluster.Eventually(() => _cluster.Number(id).GetLink(), link => link.Value?.Reason is not null)).Value!;
        Assert.Equal((NumberStatus.LoggedOut, "node_missing", null), (link.Status, link.Reason!.Code, link.Qr));
    }

    [Fact]
    public async Task After_a_restart_a_started_number_connects_with_a_higher_epoch_and_without_a_scan()
    {
        var id = await _cluster.ReadyNumber();

        _cluster = await _cluster.Restart();
        var opened = await NextOpenAfterSweep(id);

        Assert.NotNull(opened.Credentials);
        Assert.True(opened.Epoch > 1);
    }

    [Fact]
    public async Task A_stopped_number_stays_stopped_over_a_restart_and_connects_when_it_is_started()
    {
        var id = await _cluster.ReadyNumber();
        await _cluster.Number(id).SetDesired(DesiredState.Stopped);
        Assert.Equal("close", await _cluster.Engine.NextClose(id));

        _cluster = await _cluster.Restart();
        var stopped = (await _cluster.Number(id).Get()).Value!.Number;
        Assert.Equal((NumberStatus.Disconnected, NumberDetail.Stopped), (stopped.Status, stopped.Detail));
        Assert.Equal(0, _cluster.Engine.Opens(id));

        await _cluster.Number(id).SetDesired(DesiredState.Started);
        await _cluster.Reconnected(id);
        Assert.Equal(NumberStatus.Ready, (await _cluster.Number(id).Get()).Value!.Number.Status);
    }

    [Fact]
    public async Task An_unlinked_number_logs_out_wipes_its_credentials_and_keeps_its_chats()
    {
        var id = await _cluster.ReadyNumber();
        await _cluster.Engine.Raise(id, new EngineEvent.MessageReceived(Any.Inbound("hello", _cluster.Clock.GetUtcNow())));

        var removed = (await _cluster.Number(id).Unlink()).Value!;

        Assert.Equal("log out", await _cluster.Engine.NextClose(id));
        Assert.NotNull(removed.RemovedAt);
        Assert.IsType<CredentialsRead.Missing>(await _cluster.Credentials.Load(id));
        Assert.Single((await _cluster.Chats.List(new(), new PageRequest(), Access.All)).Value!.Data);
    }

    [Theory]
    [InlineData("stopped")]
    [InlineData("disconnected")]
    public async Task An_unlinked_number_that_is_not_connected_shows_removed_at_once_and_connects_to_log_out_before_its_credentials_go(string how)
    {
        var id = await _cluster.ReadyNumber();
        await Disconnect(id, how);
        var opens = _cluster.Engine.Opens(id);

        var removed = (await _cluster.Number(id).Unlink()).Value!;
        Assert.Equal((NumberStatus.LoggedOut, "removed"), (removed.Status, removed.Reason!.Code));
        Assert.NotNull(removed.RemovedAt);
        Assert.IsType<CredentialsRead.Found>(await _cluster.Credentials.Load(id));

        await _cluster.PassesUntil(() => Task.FromResult(_cluster.Engine.Opens(id) > opens));
        await _cluster.Engine.Raise(id, new EngineEvent.Opened("Acme"));

        Assert.Equal("log out", await _cluster.Engine.NextClose(id));
        await _cluster.Eventually(() => _cluster.Credentials.Load(id), read => read is CredentialsRead.Missing);
        Assert.Equal("removed", (await _cluster.View(id)).Reason!.Code);
        Assert.Single(await _cluster.Outbox(id), row => row.Event == "session.removed");
    }

    [Fact]
    public async Task An_unlinked_number_that_never_gets_through_loses_its_credentials_after_two_minutes_and_says_what_to_do()
    {
        var id = await _cluster.ReadyNumber();
        await Disconnect(id, "stopped");

        await _cluster.Number(id).Unlink();
        await _cluster.Passes(100, step: 5);
        Assert.IsType<CredentialsRead.Found>(await _cluster.Credentials.Load(id));
        await _cluster.PassesUntil(async () => await _cluster.Credentials.Load(id) is CredentialsRead.Missing);

        var view = await _cluster.View(id);
        Assert.Equal((NumberStatus.LoggedOut, "not_logged_out"), (view.Status, view.Reason!.Code));
        Assert.Contains("phone", view.Reason.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unlinked_number_is_logged_out_also_when_the_process_ended_before_it_could_be()
    {
        var id = await _cluster.ReadyNumber();
        await Disconnect(id, "stopped");
        await _cluster.Number(id).Unlink();

        _cluster = await _cluster.Restart();
        await _cluster.PassesUntil(() => Task.FromResult(_cluster.Engine.HasOpen(id)));
        Assert.NotNull((await _cluster.Engine.NextOpen(id)).Credentials);
        await _cluster.Engine.Raise(id, new EngineEvent.Opened("Acme"));

        Assert.Equal("log out", await _cluster.Engine.NextClose(id));
        await _cluster.Eventually(() => _cluster.Credentials.Load(id), read => read is CredentialsRead.Missing);
    }

    [Theory]
    [InlineData("stopped")]
    [InlineData("disconnected")]
    public async Task A_number_that_is_linked_anew_while_it_is_not_connected_logs_its_old_device_out_first(string how)
    {
        var id = await _cluster.ReadyNumber();
        await Disconnect(id, how);
        await _cluster.Number(id).Link(new LinkRequest(LinkMethod.Qr, null, Replace: true));
        Assert.Equal((NumberStatus.LoggedOut, NumberDetail.Linking), await Shown(id));

        await _cluster.PassesUntil(() => Task.FromResult(_cluster.Engine.HasOpen(id)));
        Assert.NotNull((await _cluster.Engine.NextOpen(id)).Credentials);
        await _cluster.Engine.Raise(id, new EngineEvent.Opened("Acme"));
        Assert.Equal("log out", await _cluster.Engine.NextClose(id));

        await _cluster.PassesUntil(() => Task.FromResult(_cluster.Engine.HasOpen(id)));
        Assert.Null((await _cluster.Engine.NextOpen(id)).Credentials);
        Assert.Equal((NumberStatus.LoggedOut, NumberDetail.Linking), await Shown(id));
    }

    [Fact]
    public async Task A_log_out_that_the_engine_could_not_do_is_tried_again_before_anything_is_wiped()
    {
        var id = await _cluster.ReadyNumber();
        _cluster.Engine.LoggingOut = () => throw new EngineException(EngineError.NotConnected, "The connection went.");

        await _cluster.Number(id).Unlink();
        Assert.Equal("close", await _cluster.Engine.NextClose(id));
        Assert.IsType<CredentialsRead.Found>(await _cluster.Credentials.Load(id));

        _cluster.Engine.LoggingOut = () => { };
        await _cluster.PassesUntil(() => Task.FromResult(_cluster.Engine.HasOpen(id)));
        await _cluster.Engine.NextOpen(id);
        await _cluster.Engine.Raise(id, new EngineEvent.Opened("Acme"));
        Assert.Equal("log out", await _cluster.Engine.NextClose(id));
        await _cluster.Eventually(() => _cluster.Credentials.Load(id), read => read is CredentialsRead.Missing);
    }

    [Fact]
    public async Task A_phone_that_is_linked_as_another_number_is_logged_out_again_and_said_so()
    {
        await _cluster.ReadyNumber("919800000001");
        var second = (await _cluster.Numbers.Create(new NewNumber("Sales", EngineKind.WhatsApp, Access.All))).Value!.Id;
        await _cluster.Number(second).Link(new LinkRequest(LinkMethod.Qr));
        _cluster.Clock.Advance(TimeSpan.FromMilliseconds(200));
        await _cluster.Engine.NextOpen(second);
        await _cluster.Engine.Raise(
            second, new EngineEvent.LinkOffered("qr", null, _cluster.Clock.GetUtcNow().AddSeconds(60)),
            new EngineEvent.CredentialsChanged([new CredentialEntry("creds", [9])]),
            new EngineEvent.Linked("919800000001", null, null), new EngineEvent.Closed(515));
        await _cluster.Reconnected(second);

        Assert.Equal("log out", await _cluster.Engine.NextClose(second));
        var view = (await _cluster.Number(second).Get()).Value!.Number;
        Assert.Equal((NumberStatus.LoggedOut, "already_linked", null), (view.Status, view.Reason!.Code, view.Phone));
    }

    [Fact]
    public async Task Lost_credentials_never_become_a_new_identity()
    {
        var id = await _cluster.ReadyNumber();
        await _cluster.Credentials.Wipe(id, long.MaxValue);

        await _cluster.Engine.Raise(id, new EngineEvent.Closed(428));
        _cluster.Clock.Advance(TimeSpan.FromSeconds(2));
        _cluster.Clock.Advance(TimeSpan.FromSeconds(2));

        var view = await _cluster.Eventually(async () => (await _cluster.Number(id).Get()).Value!.Number, one => one.Status is NumberStatus.LoggedOut);
        Assert.Equal("credentials_missing", view.Reason!.Code);
        Assert.Equal(2, _cluster.Engine.Opens(id));
    }

    private async Task Disconnect(string id, string how)
    {
        if (how is "stopped")
        {
            await _cluster.Number(id).SetDesired(DesiredState.Stopped);
            Assert.Equal("close", await _cluster.Engine.NextClose(id));
        }
        else
        {
            await _cluster.Engine.Raise(id, new EngineEvent.Closed(503));
        }
    }

    private async Task<(NumberStatus, NumberDetail?)> Shown(string id)
    {
        var view = await _cluster.View(id);
        return (view.Status, view.Detail);
    }

    private async Task<EngineOpen> NextOpenAfterSweep(string id)
    {
        await _cluster.Number(id).Ensure();
        _cluster.Clock.Advance(TimeSpan.FromMilliseconds(200));
        return await _cluster.Engine.NextOpen(id);
    }
}
