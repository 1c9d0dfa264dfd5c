using Loopwave.Engines;
using Loopwave.Messages;
using Loopwave.Testing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Loopwave.Numbers;

public sealed class NumberMetricsTests : IAsyncLifetime
{
    private LoopwaveCluster _cluster = null!;
    private string _number = null!;
    private Measurements _measured = null!;
    private ILookup<string, (string Labels, double Value)> _before = null!;

    public async ValueTask InitializeAsync()
    {
        _cluster = await LoopwaveCluster.Start(new ClusterSetup { LeaseOnTestClock = true });
        _number = await _cluster.ReadyNumber();
        _measured = new Measurements(_cluster.Services);
        _before = new[] { "loopwave_disconnects_total", "loopwave_reconnects_total", "loopwave_deaf_heals_total", "loopwave_lease_losses_total" }
            .SelectMany(metric => _measured.Observe(metric), (metric, one) => (metric, one)).ToLookup(one => one.metric, one => one.one);
    }

    public ValueTask DisposeAsync()
    {
        _measured.Dispose();
        return _cluster.DisposeAsync();
    }

    [Fact]
    public async Task A_connection_that_ends_is_counted_by_the_reason_that_the_number_shows()
    {
        await _cluster.Engine.Raise(_number, new EngineEvent.Closed(503));
        await _cluster.ComesBack(_number);
        await _cluster.Engine.Raise(_number, new EngineEvent.Closed(440));

        Assert.Equal([("engine=whatsapp,reason=replaced", 1), ("engine=whatsapp,reason=server_unavailable", 1)], Counted("loopwave_disconnects_total"));
        Assert.Equal([("engine=whatsapp,reason=server_unavailable", 1)], Counted("loopwave_reconnects_total"));
        Assert.Empty(Counted("loopwave_deaf_heals_total"));
    }

    [Fact]
    public async Task A_deaf_connection_that_is_healed_is_counted()
    {
        await _cluster.Engine.Raise(_number, new EngineEvent.PingLost());
        await _cluster.ComesBack(_number);

        Assert.Equal([("engine=whatsapp", 1)], Counted("loopwave_deaf_heals_total"));
        Assert.Equal([("engine=whatsapp,reason=deaf", 1)], Counted("loopwave_disconnects_total"));
        Assert.Equal([("engine=whatsapp,reason=deaf", 1)], Counted("loopwave_reconnects_total"));
    }

    [Fact]
    public async Task What_people_asked_for_is_not_counted()
    {
        await _cluster.Number(_number).Reconnect();
        await _cluster.ComesBack(_number);
        await _cluster.Number(_number).SetDesired(DesiredState.Stopped);

        Assert.Equal(NumberStatus.Disconnected, (await _cluster.View(_number)).Status);
        Assert.Empty(Counted("loopwave_disconnects_total"));
        Assert.Empty(Counted("loopwave_reconnects_total"));
    }

    [Fact]
    public async Task A_reason_that_nobody_knows_makes_no_series_of_its_own()
    {
        _cluster.Engine.Opening = _ => throw new EngineException(EngineError.Unavailable, "Something new.", "919812345678");
        await _cluster.Number(_number).Reconnect();

        await _cluster.PassesUntil(() => Task.FromResult(Counted("loopwave_disconnects_total").Count > 0));

        Assert.Equal("engine=whatsapp,reason=other", Assert.Single(Counted("loopwave_disconnects_total")).Labels);
    }

    [Fact]
    public async Task A_lease_that_is_lost_is_counted_once_with_what_took_it()
    {
        await _cluster.Services.GetRequiredService<IOwnershipStore>().Register("i_somebody-else", TimeSpan.FromMilliseconds(1));

        _cluster.Clock.Advance(TimeSpan.FromSeconds(5));

        await _cluster.Eventually(() => Task.FromResult(_cluster.Engine.ClosedAll), closed => closed == 1);
        Assert.Equal([("reason=revoked", 1)], Counted("loopwave_lease_losses_total"));
    }

    [Fact]
    public async Task A_number_that_is_away_tells_what_waits_for_it_and_for_how_long()
    {
        await _cluster.Engine.Raise(_number, new EngineEvent.Closed(440));
        await Accept(Any.Send("first", from: _number) with { QueueWhenOffline = true });
        _cluster.Clock.Advance(TimeSpan.FromSeconds(3));
        await Accept(Any.Send("second", from: _number) with { QueueWhenOffline = true });
        await Accept(Any.Send("later", from: _number) with { SendAt = _cluster.Clock.GetUtcNow().AddHours(1) });
        _cluster.Clock.Advance(TimeSpan.FromSeconds(2));

        await _cluster.Eventually(() => Task.FromResult(OfWhatsApp("loopwave_messages_waiting")), waiting => waiting == 3);
        Assert.Equal(5, OfWhatsApp("loopwave_queue_oldest_age_seconds"));
    }

    [Fact]
    public async Task A_number_in_line_for_the_connect_budget_is_told_until_it_is_its_turn()
    {
        var other = await _cluster.ReadyNumber("919800000002");
        await InLine(0);

        _cluster.Clock.Advance(TimeSpan.FromMilliseconds(200));

        // Of two at one moment one waits; the other one is being opened, and nobody answers that.
        await _cluster.Engine.Raise(_number, new EngineEvent.Closed(515));
        await _cluster.Engine.Raise(other, new EngineEvent.Closed(515));

        await InLine(1);
        await _cluster.ComesBack(_number);
        await _cluster.ComesBack(other);
        await InLine(0);
    }

    [Fact]
    public void What_has_not_happened_yet_is_told_as_zero()
    {
        Assert.Equal([("reason=asleep", 0), ("reason=not_renewed", 0), ("reason=revoked", 0)], _measured.Observe("loopwave_lease_losses_total").Order());
        Assert.Equal(4, _measured.Observe("loopwave_events_set_aside_total").Count(one => one.Value == 0));
        Assert.All(["loopwave_disconnects_total", "loopwave_reconnects_total"], metric => Assert.Equal(2 * (NumberMetrics.Reasons.Count + 1), _measured.Observe(metric).Count));
    }

    [Fact]
    public void Every_reason_that_the_network_can_give_has_a_series_of_its_own()
    {
        var reasons = Enumerable.Range(300, 300).Select(code => DisconnectCause.Of(code).Reason.Code).Distinct().ToList();

        Assert.True(reasons.Count > 10);
        Assert.Equal([], reasons.Except(NumberMetrics.Reasons));
        Assert.Superset(new HashSet<string> { DisconnectCause.Deaf.Code, DisconnectCause.ProxyRefused.Code, DisconnectCause.ProxyUnreachable.Code, DisconnectCause.ProxyNotAllowed.Code }, new HashSet<string>(NumberMetrics.Reasons));
    }

    private async Task Accept(SendRequest message) => Assert.Null((await _cluster.Messages.Send(message)).Refusal);

    private Task InLine(int numbers) => _cluster.Eventually(() => Task.FromResult(OfWhatsApp("loopwave_connects_waiting")), waiting => waiting == numbers);

    private double OfWhatsApp(string metric) => _measured.Observe(metric).Single(one => one.Labels == "engine=whatsapp").Value;

    /// <summary>What was counted since the number was linked, which takes a disconnect too.</summary>
    private IReadOnlyList<(string Labels, double Value)> Counted(string metric) =>
        [.. _measured.Observe(metric).Except(_before[metric]).Select(one => one with { Value = one.Value - _before[metric].Single(before => before.Labels == one.Labels).Value }).Order()];
}
