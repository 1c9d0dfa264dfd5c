using Loopwave.Engines;
using Loopwave.Testing;
using Xunit;

namespace Loopwave.Messages;

public sealed class SendMetricsTests : IAsyncLifetime
{
    private LoopwaveCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await LoopwaveCluster.Start();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task A_message_is_measured_from_its_acceptance_over_its_hand_over_to_the_networks_answer()
    {
        var number = await _cluster.ReadyNumber();
        using var measured = new Measurements(_cluster.Services);

        await Accept("first");
        var first = await _cluster.Engine.NextRelay(number);
        Pass(2);
        await Accept("second, which waits for the first");
        Pass(3);
        await Answer(number, first);
        var second = await _cluster.Engine.NextRelay(number);
        Pass(4);
        await Answer(number, second);

        const string WhatsApp = "engine=whatsapp";
        Assert.Equal([(WhatsApp, 1), (WhatsApp, 1)], measured.Of("loopwave_messages_accepted_total"));
        Assert.Equal([(WhatsApp, 5), (WhatsApp, 7)], measured.Of("loopwave_send_latency_seconds"));
        Assert.Equal([(WhatsApp, 5), (WhatsApp, 4)], measured.Of("loopwave_time_to_ack_seconds"));
        Assert.Equal([(WhatsApp, 0), (WhatsApp, 3)], measured.Of("loopwave_queue_age_seconds"));
    }

    [Fact]
    public async Task A_message_that_was_scheduled_is_measured_from_its_time()
    {
        var number = await _cluster.ReadyNumber();
        using var measured = new Measurements(_cluster.Services);

        await _cluster.Messages.Send(Any.Send("later") with { SendAt = _cluster.Clock.GetUtcNow().AddSeconds(10) });
        Pass(10);
        var relay = await _cluster.Engine.NextRelay(number);
        Pass(1);
        await Answer(number, relay);

        Assert.Equal([("engine=whatsapp", 1)], measured.Of("loopwave_send_latency_seconds"));
    }

    [Fact]
    public async Task A_reaction_is_answered_like_a_message_and_is_none()
    {
        var number = await _cluster.ReadyNumber();
        var message = await Accept("Hi");
        await Answer(number, await _cluster.Engine.NextRelay(number));
        Pass(2);
        using var measured = new Measurements(_cluster.Services);

        await _cluster.Number(number).React(message, "👍", Any.Send("").Author);
        var relay = await _cluster.Engine.NextRelay(number);
        Pass(1);
        await Answer(number, relay);

        Assert.Equal([("engine=whatsapp", 1)], measured.Of("loopwave_time_to_ack_seconds"));
        Assert.Empty(measured.Of("loopwave_send_latency_seconds"));
        Assert.Empty(measured.Of("loopwave_messages_accepted_total"));
    }

    private async Task<string> Accept(string text) => (await _cluster.Messages.Send(Any.Send(text))).Value!.Message.Id;

    private void Pass(int seconds) => _cluster.Clock.Advance(TimeSpan.FromSeconds(seconds));

    private Task Answer(string number, FakeRelay relay) =>
        _cluster.Engine.Raise(number, new EngineEvent.ServerAcknowledged(relay.WhatsAppId, _cluster.Clock.GetUtcNow()));
}
