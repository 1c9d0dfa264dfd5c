using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Loopwave.Cluster;
using Loopwave.Messages;
using Loopwave.Numbers;
using Loopwave.Storage;
using Loopwave.Telemetry;
using Microsoft.Extensions.DependencyInjection;

namespace Loopwave.Testing;

/// <summary>Every metric that the code defines, as Prometheus is told of it.</summary>
public static class DefinedMetrics
{
    public static IReadOnlyDictionary<string, DefinedMetric> All { get; } = Find();

    private static Dictionary<string, DefinedMetric> Find()
    {
        using var host = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = host.GetRequiredService<IMeterFactory>();
        _ = new SendMetrics(meters);
        _ = new NumberMetrics(meters);
        _ = new ClusterMetrics(meters, new LocalNumbers(), TimeProvider.System);
        RuntimeHelpers.RunClassConstructor(typeof(StorageMetrics).TypeHandle);

        var found = new Dictionary<string, DefinedMetric>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Name == TelemetryNames.Meter && (instrument.Meter.Scope is null || ReferenceEquals(instrument.Meter.Scope, meters)))
            {
                found.Add(instrument.Name, new DefinedMetric(TypeOf(instrument), instrument.Unit ?? "", instrument.Description ?? ""));
            }
        };
        listener.Start();
        return found;
    }

    private static string TypeOf(Instrument instrument) => instrument.GetType().Name.Split('`')[0] switch
    {
        "Counter" or "ObservableCounter" => "counter",
        "Histogram" => "histogram",
        "ObservableGauge" => "gauge",
        var other => throw new InvalidOperationException($"Unknown type {other} of {instrument.Name}."),
    };
}

/// <param name="Type">As Prometheus calls it: counter, gauge or histogram.</param>
/// <param name="Unit"><c>s</c>, or what is counted, in braces.</param>
public sealed record DefinedMetric(string Type, string Unit, string Description);
