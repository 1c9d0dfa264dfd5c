using System.Diagnostics;
using Loopwave.Engines;
using Loopwave.Messages;

namespace Loopwave.Telemetry;

/// <summary>
/// The spans of a message's way out, from the call that has it accepted to the network's answer and the receipts: one trace, however
/// long it waits and whichever process sends it. They say which network and which attempt, and nothing of anybody. While nobody
/// listens there are none, and nothing is stored for them.
/// </summary>
internal static class Tracing
{
    private const string EngineTag = "loopwave.engine";
    private const string AttemptTag = "loopwave.attempt";

    private static readonly ActivitySource Source = new(TelemetryNames.ActivitySource);

    /// <summary>The call that is carried out now, for what it leaves behind (W3C <c>traceparent</c>); null when nobody follows it.</summary>
    public static string? Current =>
        Source.HasListeners() && Activity.Current is { Recorded: true, IdFormat: ActivityIdFormat.W3C } call ? call.Id : null;

    /// <summary>The acceptance of a message, within the call that asks for it.</summary>
    public static Activity? Accept() => Source.StartActivity("message accept");

    /// <summary>A row was due, and is handed over now.</summary>
    public static void Waited(QueueItem handed, EngineKind engine, DateTimeOffset now) => Past("message queue", handed, engine, handed.DueAt, now)?.Dispose();

    /// <summary>Has the engine build what is to be sent.</summary>
    public static Activity? Prepare(QueueItem item, EngineKind engine) => Start("message prepare", ActivityKind.Client, item, engine);

    /// <summary>Has the engine write a row to the network.</summary>
    public static Activity? Relay(QueueItem item, EngineKind engine) => Start("message relay", ActivityKind.Client, item, engine);

    /// <summary>What was handed over is answered now.</summary>
    public static void Answered(QueueItem item, EngineKind engine, DateTimeOffset now) =>
        Past("message acknowledge", item, engine, item.HandedAt ?? now, now)?.Dispose();

    /// <summary>A row ends without having been sent, or without anybody knowing.</summary>
    public static void GivenUp(QueueItem item, EngineKind engine, DateTimeOffset now)
    {
        using var span = Past("message give up", item, engine, item.HandedAt ?? item.DueAt, now);
        span?.SetStatus(ActivityStatusCode.Error);
    }

    /// <summary>The other side has a message, or has read it.</summary>
    public static void Received(FollowedReceipt receipt, EngineKind engine) =>
        Past(receipt.Status is MessageStatus.Read ? "message read" : "message deliver", receipt.Trace, engine, receipt.Since, receipt.At)?.Dispose();

    /// <summary>It did not work, and ends here. The words of an exception can hold anything, so only its kind is told.</summary>
    public static void Failed(this Activity? span, Exception exception) => span?.SetStatus(ActivityStatusCode.Error)
        .SetTag("error.type", exception is EngineException { Error: var error } ? error.ToString() : exception.GetType().Name).Dispose();

    /// <summary>What follows belongs to no call, though one may have been the occasion for it.</summary>
    public static void Leave() => Activity.Current = null;

    private static Activity? Past(string name, QueueItem item, EngineKind engine, DateTimeOffset from, DateTimeOffset to) =>
        Past(name, item.Trace, engine, from, to)?.SetTag(AttemptTag, item.Attempts);

    // A clock that was set back makes no negative times.
    private static Activity? Past(string name, string? trace, EngineKind engine, DateTimeOffset from, DateTimeOffset to) =>
        Start(name, ActivityKind.Internal, trace, engine, from < to ? from : to)?.SetEndTime(to.UtcDateTime);

    private static Activity? Start(string name, ActivityKind kind, QueueItem item, EngineKind engine) =>
        Start(name, kind, item.Trace, engine)?.SetTag(AttemptTag, item.Attempts);

    private static Activity? Start(string name, ActivityKind kind, string? trace, EngineKind engine, DateTimeOffset since = default)
    {
        if (trace is null || !Source.HasListeners() || !ActivityContext.TryParse(trace, null, isRemote: true, out var parent))
        {
            return null;
        }

        return Source.StartActivity(name, kind, parent, startTime: since)?.SetTag(EngineTag, MetricLabels.Engine(engine).Value);
    }
}

/// <summary>A receipt for a message whose way is followed.</summary>
/// <param name="Trace">Of the message.</param>
/// <param name="Since">When the step before it was.</param>
internal readonly record struct FollowedReceipt(string Trace, MessageStatus Status, DateTimeOffset Since, DateTimeOffset At);
