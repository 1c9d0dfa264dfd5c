using System.Collections.Concurrent;
using System.Diagnostics;
using Loopwave.Configuration;
using Loopwave.Telemetry;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace Loopwave.Testing;

/// <summary>What a process with these settings would send to a collector, kept in memory. All hosts of the test process are in it.</summary>
public sealed class KeptSpans : IDisposable
{
    private readonly ConcurrentQueue<Activity> _all = [];
    private readonly TracerProvider _provider;

    public KeptSpans(TraceSampling sampling = TraceSampling.AsCalledOrAll) => _provider = Sdk.CreateTracerProviderBuilder()
        .AddLoopwave(new TraceSettings(sampling, Ratio: 1)).AddProcessor(new SimpleActivityExportProcessor(new Keeper(_all))).Build();

    public IReadOnlyList<Activity> All => [.. _all];

    /// <summary>Those of one trace, in the order in which they began.</summary>
    public IReadOnlyList<Activity> Of(ActivityTraceId trace) => [.. _all.Where(span => span.TraceId == trace).OrderBy(span => span.StartTimeUtc)];

    public void Dispose() => _provider.Dispose();

    private sealed class Keeper(ConcurrentQueue<Activity> all) : BaseExporter<Activity>
    {
        public override ExportResult Export(in Batch<Activity> batch)
        {
            foreach (var span in batch)
            {
                all.Enqueue(span);
            }

            return ExportResult.Success;
        }
    }
}
