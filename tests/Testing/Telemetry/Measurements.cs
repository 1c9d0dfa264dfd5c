using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Loopwave.Telemetry;
using Microsoft.Extensions.DependencyInjection;

namespace Loopwave.Testing;

/// <summary>What the product's own metrics measured since this was made.</summary>
public sealed class Measurements : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<Measured> _all = [];

    /// <param name="host">Whose measurements count: hosts of other tests run beside it. Null for what belongs to no host.</param>
    public Measurements(IServiceProvider? host)
    {
        var scope = host?.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == TelemetryNames.Meter && ReferenceEquals(instrument.Meter.Scope, scope))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<int>((instrument, value, labels, _) => Note(instrument, value, labels));
        _listener.SetMeasurementEventCallback<long>((instrument, value, labels, _) => Note(instrument, value, labels));
        _listener.SetMeasurementEventCallback<double>((instrument, value, labels, _) => Note(instrument, value, labels));
        _listener.Start();
    }

    /// <summary>What a metric was given, in order. Labels are written <c>engine=whatsapp,reason=deaf</c>, by their names.</summary>
    public IReadOnlyList<(string Labels, double Value)> Of(string metric) =>
        [.. _all.Where(one => one.Metric == metric).Select(one => (one.Labels, one.Value))];

    /// <summary>Asks the metrics that tell something only when asked.</summary>
    public IReadOnlyList<(string Labels, double Value)> Observe(string metric)
    {
        _all.Clear();
        _listener.RecordObservableInstruments();
        return Of(metric);
    }

    public void Dispose() => _listener.Dispose();

    private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> labels) => _all.Enqueue(new Measured(
        instrument.Name, string.Join(',', labels.ToArray().OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value}")), value));

    private sealed record Measured(string Metric, string Labels, double Value);
}
