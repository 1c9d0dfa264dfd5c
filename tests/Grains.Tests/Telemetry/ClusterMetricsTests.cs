using System.Diagnostics.Metrics;
using Loopwave.Numbers;
using Loopwave.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Loopwave.Cluster;

public sealed class ClusterMetricsTests : IDisposable
{
    private readonly ServiceProvider _host = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly LocalNumbers _numbers = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly ClusterMetrics _metrics;
    private readonly Measurements _measured;

    public ClusterMetricsTests()
    {
        _metrics = new ClusterMetrics(_host.GetRequiredService<IMeterFactory>(), _numbers, _clock);
        _measured = new Measurements(_host);
    }

    public void Dispose()
    {
        _measured.Dispose();
        _host.Dispose();
    }

    [Fact]
    public void Numbers_are_counted_by_network_and_status_also_where_there_is_none()
    {
        _numbers.Came("n1", EngineKind.WhatsApp).Is(In(SessionState.Ready), 3, Ago(40));
        _numbers.Came("n2", EngineKind.WhatsApp).Is(In(SessionState.Ready), 4, Ago(60));
        _numbers.Came("n3", EngineKind.WhatsApp).Is(In(SessionState.Admitted), 0, null);
        var gone = _numbers.Came("n4", EngineKind.Sandbox);
        gone.Is(In(SessionState.Ready), 9, Ago(90));
        _numbers.Left(gone);

        Assert.Equal(
            [
                ("engine=whatsapp,status=ready", 2), ("engine=whatsapp,status=connecting", 1), ("engine=whatsapp,status=disconnected", 0), ("engine=whatsapp,status=logged_out", 0),
                ("engine=sandbox,status=ready", 0), ("engine=sandbox,status=connecting", 0), ("engine=sandbox,status=disconnected", 0), ("engine=sandbox,status=logged_out", 0),
            ],
            _measured.Observe("loopwave_numbers").OrderBy(one => one.Labels[7] is 's'));
        Assert.Equal([("engine=sandbox", 0), ("engine=whatsapp", 7)], _measured.Observe("loopwave_messages_waiting").Order());
        Assert.Equal([("engine=sandbox", 0), ("engine=whatsapp", 60)], _measured.Observe("loopwave_queue_oldest_age_seconds").Order());
        Assert.Equal([("engine=sandbox", 0), ("engine=whatsapp", 1)], _measured.Observe("loopwave_connects_waiting").Order());
    }

    [Fact]
    public void The_outbox_is_as_it_was_last_read_and_its_age_goes_on()
    {
        Assert.Empty(_measured.Observe("loopwave_outbox_events"));

        _metrics.Learn(new OutboxView(12, _clock.GetUtcNow().AddSeconds(-30)));
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal([("", 12)], _measured.Observe("loopwave_outbox_events"));
        Assert.Equal([("", 35)], _measured.Observe("loopwave_outbox_age_seconds"));

        _metrics.Learn(new OutboxView(0, null));
        Assert.Equal([("", 0)], _measured.Observe("loopwave_outbox_age_seconds"));
    }

    [Fact]
    public void What_is_scheduled_has_not_waited()
    {
        _numbers.Came("n1", EngineKind.WhatsApp).Is(In(SessionState.Ready), 1, Ago(-60));
        _numbers.Came("n2", EngineKind.Sandbox).Is(In(SessionState.Ready), 2, Ago(10));

        Assert.Equal([("engine=sandbox", 10), ("engine=whatsapp", 0)], _measured.Observe("loopwave_queue_oldest_age_seconds").Order());
    }

    private DateTimeOffset Ago(int seconds) => _clock.GetUtcNow().AddSeconds(-seconds);

    private static NumberSession In(SessionState state) => new() { State = state, Paired = true };
}
