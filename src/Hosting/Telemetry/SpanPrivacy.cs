using System.Collections.Frozen;
using System.Diagnostics;
using OpenTelemetry;

namespace Loopwave.Telemetry;

/// <summary>
/// Takes out of every span what is not known to be harmless: the libraries write paths, keys of grains and words of exceptions
/// into theirs, and those hold phones. A span with an event goes as a whole, because events cannot be taken out of it.
/// </summary>
internal sealed class SpanPrivacy : BaseProcessor<Activity>
{
    private static readonly FrozenSet<string> Harmless = FrozenSet.Create(
        "error.type", "exception.type", "http.request.method", "http.response.status_code", "http.route", "loopwave.attempt",
        "loopwave.engine", "network.protocol.version", "orleans.rpc.service", "otel.status_code", "rpc.method", "rpc.service",
        "rpc.system", "rpc.system.name", "server.port", "status", "url.scheme");

    public override void OnEnd(Activity data)
    {
        // What a caller's own tracing wrote into it is not known to anybody here. Null would be that of the span above.
        data.TraceStateString = "";
        foreach (var tag in data.TagObjects.Where(tag => !Harmless.Contains(tag.Key)).ToList())
        {
            data.SetTag(tag.Key, null);
        }

        if (data.Status is ActivityStatusCode.Error)
        {
            data.SetStatus(ActivityStatusCode.Error);
        }

        if (data.Events.Any())
        {
            data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        }
    }
}
