using System.Diagnostics;
using System.Diagnostics.Metrics;
using Loopwave.Numbers;
using Loopwave.Storage.Mongo;
using Loopwave.Storage.Sql;
using Loopwave.Telemetry;
using MongoDB.Driver;

namespace Loopwave.Storage;

/// <summary>What the database is asked, measured. <c>docs/operations/metrics.md</c> says what each means to operators.</summary>
internal static class StorageMetrics
{
    private const string Commit = "commit";
    private const string Query = "query";

    private const string Done = "done";

    // A condition of the unit did not hold, such as the epoch of a number, or that what it builds on is stored. Nothing is wrong
    // with the database.
    private const string Refused = "refused";
    private const string Failed = "failed";

    // A database is opened before there is a host, so this meter has none.
    private static readonly Meter Meter = new(TelemetryNames.Meter);

    // Callers are told after 3.5 seconds without progress.
    private static readonly Histogram<double> Latency = Meter.CreateHistogram(
        "loopwave_storage_latency_seconds", "s", "From the moment the database is asked for something to its answer, waiting for others included.", tags: null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });

    /// <summary>A unit of work that was just given to the database.</summary>
    public static Task<UnitResult> Measured(string backend, Task<UnitResult> unit) =>
        Measured(backend, Commit, unit, static result => result.Committed ? Done : Refused, BehindException.IsCauseOf);

    /// <summary>A query that the database was just asked.</summary>
    public static Task<List<T>> Measured<T>(string backend, Task<List<T>> query) => Measured(backend, Query, query, static _ => Done);

    /// <summary>A change of a number, with all its steps.</summary>
    public static Task<CommitResult> Measured(string backend, Task<CommitResult> commit) =>
        Measured(backend, Commit, commit, static result => result is CommitResult.Committed ? Done : Refused, BehindException.IsCauseOf);

    /// <summary>One read or write of MongoDB. That something is there already is an answer like any other.</summary>
    public static Task<T> MeasuredStep<T>(string backend, Task<T> step) =>
        Measured(backend, Query, step, static _ => Done, static error => error is MongoException refusal && MongoErrors.IsDuplicate(refusal));

    private static async Task<T> Measured<T>(
        string backend, string operation, Task<T> answer, Func<T, string> outcomeOf, Func<Exception, bool>? isRefusal = null)
    {
        var asked = Stopwatch.GetTimestamp();
        var outcome = Failed;
        try
        {
            var result = await answer;
            outcome = outcomeOf(result);
            return result;
        }
        catch (Exception error) when (isRefusal?.Invoke(error) is true)
        {
            outcome = Refused;
            throw;
        }
        finally
        {
            Latency.Record(
                Stopwatch.GetElapsedTime(asked).TotalSeconds, new("backend", backend), new("operation", operation), new KeyValuePair<string, object?>("outcome", outcome));
        }
    }
}
