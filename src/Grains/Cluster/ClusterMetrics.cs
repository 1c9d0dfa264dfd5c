using System.Diagnostics.Metrics;
using Loopwave.Numbers;
using Loopwave.Telemetry;

namespace Loopwave.Cluster;

/// <summary>How this silo stands at the moment it is asked. <c>docs/operations/metrics.md</c> says what each means to operators.</summary>
internal sealed class ClusterMetrics
{
    private static readonly EngineKind[] Engines = Enum.GetValues<EngineKind>();

    private static readonly (NumberStatus Status, KeyValuePair<string, object?> Label)[] Statuses =
    [
        (NumberStatus.Ready, new(MetricLabels.Status, "ready")),
        (NumberStatus.Connecting, new(MetricLabels.Status, "connecting")),
        (NumberStatus.Disconnected, new(MetricLabels.Status, "disconnected")),
        (NumberStatus.LoggedOut, new(MetricLabels.Status, "logged_out")),
    ];

    private readonly LocalNumbers _numbers;
    private readonly TimeProvider _clock;
    private volatile OutboxView? _outbox;

    public ClusterMetrics(IMeterFactory meters, LocalNumbers numbers, TimeProvider clock)
    {
        (_numbers, _clock) = (numbers, clock);
        var meter = meters.Create(TelemetryNames.Meter);
        meter.CreateObservableGauge("loopwave_numbers", Numbers, "{number}", "Numbers at work on this silo, by their status.");
        meter.CreateObservableGauge(
            "loopwave_messages_waiting", () => Sums(number => number.Queued), "{message}", "Rows in the send queues of this silo's numbers.");
        meter.CreateObservableGauge(
            "loopwave_queue_oldest_age_seconds", OldestAges, "s", "How long the row of a send queue that is longest due has waited to leave.");
        meter.CreateObservableGauge(
            "loopwave_connects_waiting", () => Sums(number => number.IsInLine ? 1 : 0), "{number}", "Numbers of this silo in line for the connect budget.");
        meter.CreateObservableGauge(
            "loopwave_outbox_events", () => Outbox(outbox => outbox.Backlog), "{event}", "Events of the deployment that wait for webhooks.");
        meter.CreateObservableGauge(
            "loopwave_outbox_age_seconds", () => Outbox(outbox => Age(outbox.OldestAt)), "s", "How long the oldest event of the deployment has waited for webhooks.");
    }

    /// <summary>What was read of the outbox last: nobody who looks at metrics makes the database work.</summary>
    public void Learn(OutboxView outbox) => _outbox = outbox;

    // A combination that no number has is told as well: a series that comes and goes cannot be alerted on.
    private IEnumerable<Measurement<int>> Numbers()
    {
        var counts = _numbers.Each().CountBy(number => (number.Engine, number.Status)).ToDictionary();
        return Engines.SelectMany(_ => Statuses, (engine, status) =>
            new Measurement<int>(counts.GetValueOrDefault((engine, status.Status)), MetricLabels.Engine(engine), status.Label));
    }

    private IEnumerable<Measurement<int>> Sums(Func<LocalNumber, int> part)
    {
        var sums = _numbers.Each().AggregateBy(number => number.Engine, 0, (sum, number) => sum + part(number)).ToDictionary();
        return Engines.Select(engine => new Measurement<int>(sums.GetValueOrDefault(engine), MetricLabels.Engine(engine)));
    }

    private IEnumerable<Measurement<double>> OldestAges()
    {
        var oldest = _numbers.Each().AggregateBy(number => number.Engine, (DateTimeOffset?)null, (first, number) => Earlier(first, number.WaitingSince)).ToDictionary();
        return Engines.Select(engine => new Measurement<double>(Age(oldest.GetValueOrDefault(engine)), MetricLabels.Engine(engine)));
    }

    private IEnumerable<Measurement<T>> Outbox<T>(Func<OutboxView, T> part) where T : struct =>
        _outbox is { } outbox ? [new Measurement<T>(part(outbox))] : [];

    private double Age(DateTimeOffset? since) => since is { } from ? Math.Max(0, (_clock.GetUtcNow() - from).TotalSeconds) : 0;

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) => one is null || other < one ? other : one;
}
