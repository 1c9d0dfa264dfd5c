using System.Collections.Frozen;
using System.Diagnostics.Metrics;

namespace Loopwave.Telemetry;

/// <summary>
/// A counter of rare things, all series of which are told from the start: an alert sees the first one of them only as a step up
/// from zero. Counting allocates nothing.
/// </summary>
internal sealed class CounterFromZero<T> where T : notnull
{
    private readonly FrozenDictionary<T, Series> _series;

    /// <param name="cases">All there can be, each with its labels.</param>
    public CounterFromZero(Meter meter, string name, string unit, string description, IEnumerable<(T Case, KeyValuePair<string, object?>[] Labels)> cases)
    {
        _series = cases.ToFrozenDictionary(one => one.Case, one => new Series(one.Labels));
        meter.CreateObservableCounter(name, () => _series.Values.Select(series => series.Now), unit, description);
    }

    public void Add(T one) => _series[one].Add();

    private sealed class Series(KeyValuePair<string, object?>[] labels)
    {
        private long _count;

        public Measurement<long> Now => new(Interlocked.Read(ref _count), labels);

        public void Add() => Interlocked.Increment(ref _count);
    }
}
