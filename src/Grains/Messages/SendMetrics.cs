using System.Diagnostics.Metrics;
using Loopwave.Telemetry;

namespace Loopwave.Messages;

/// <summary>The way out, measured. <c>docs/operations/metrics.md</c> says what each means to operators.</summary>
internal sealed class SendMetrics
{
    // A message may wait for its number for a day.
    private static readonly InstrumentAdvice<double> Waits = new()
    {
        HistogramBucketBoundaries = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600, 21600, 86400],
    };

    // After 30 seconds without an answer the connection counts as deaf.
    private static readonly InstrumentAdvice<double> Answers = new()
    {
        HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    };

    private readonly Counter<long> _accepted;
    private readonly Histogram<double> _latency;
    private readonly Histogram<double> _timeToAck;
    private readonly Histogram<double> _queueAge;

    public SendMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(TelemetryNames.Meter);
        _accepted = meter.CreateCounter<long>(
            "loopwave_messages_accepted_total", "{message}", "Messages that were accepted: stored, and on their way.");
        _latency = meter.CreateHistogram(
            "loopwave_send_latency_seconds", "s", "From the acceptance of a message, or the time it was scheduled for, to the network's answer.", tags: null, Waits);
        _timeToAck = meter.CreateHistogram(
            "loopwave_time_to_ack_seconds", "s", "From the last hand-over to the network to its answer.", tags: null, Answers);
        _queueAge = meter.CreateHistogram(
            "loopwave_queue_age_seconds", "s", "How long a row of the send queue had been due when it was first handed over.", tags: null, Waits);
    }

    public void Accepted(EngineKind engine) => _accepted.Add(1, MetricLabels.Engine(engine));

    public void Handed(EngineKind engine, QueueItem item, DateTimeOffset now) =>
        _queueAge.Record(Seconds(item.DueAt, now), MetricLabels.Engine(engine));

    public void Answered(EngineKind engine, AnsweredRow row, DateTimeOffset now)
    {
        if (row.Item.HandedAt is { } handed)
        {
            _timeToAck.Record(Seconds(handed, now), MetricLabels.Engine(engine));
        }

        if (row.AcceptedAt is { } accepted)
        {
            _latency.Record(Seconds(accepted, now), MetricLabels.Engine(engine));
        }
    }

    // A clock that was set back makes no negative times.
    private static double Seconds(DateTimeOffset from, DateTimeOffset to) => Math.Max(0, (to - from).TotalSeconds);
}

/// <summary>A row of the send queue that the network answered.</summary>
/// <param name="AcceptedAt">When its message was accepted, or was to be sent; null for what acts upon a message.</param>
internal readonly record struct AnsweredRow(QueueItem Item, DateTimeOffset? AcceptedAt);
