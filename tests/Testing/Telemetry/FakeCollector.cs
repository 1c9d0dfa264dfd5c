using System.Collections.Concurrent;
using System.Text;

namespace Loopwave.Testing;

/// <summary>Takes spans as a collector does, by OTLP over HTTP, and reads as much of them as tests ask for.</summary>
public sealed class FakeCollector : IAsyncDisposable
{
    private readonly ConcurrentQueue<byte[]> _requests = [];
    private FakeWebServer _server = null!;

    public static async Task<FakeCollector> Start()
    {
        var collector = new FakeCollector();
        collector._server = await FakeWebServer.Start(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            collector._requests.Enqueue(body.ToArray());
        });
        return collector;
    }

    /// <summary>For processes that are to send their spans here, soon after they end.</summary>
    public void SetUp(IDictionary<string, string?> settings)
    {
        settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = _server.Address;
        settings["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
        settings["OTEL_BSP_SCHEDULE_DELAY"] = "100";
    }

    /// <summary>All that was sent, as characters: for what must be nowhere in it.</summary>
    public string Everything => string.Concat(_requests.Select(Encoding.Latin1.GetString));

    public IReadOnlyList<CollectedSpan> Spans => [.. _requests.SelectMany(request => Fields(request)).SelectMany(OfProcess)];

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    // ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2 }, ScopeSpans { repeated Span spans = 2 }
    private static IEnumerable<CollectedSpan> OfProcess((int Number, byte[] Value) process)
    {
        var parts = Fields(process.Value).ToList();
        var attributes = Attributes(parts.Single(part => part.Number == 1).Value, 1);
        return parts.Where(part => part.Number == 2).SelectMany(scope => Fields(scope.Value)).Where(part => part.Number == 2)
            .Select(span => Span(span.Value, attributes["service.name"], attributes["service.instance.id"]));
    }

    // Span { bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; repeated KeyValue attributes = 9 }
    private static CollectedSpan Span(byte[] span, string service, string instance)
    {
        var fields = Fields(span).ToLookup(field => field.Number, field => field.Value);
        return new CollectedSpan(service, instance, Hex(1), Hex(2), Hex(4), Encoding.UTF8.GetString(fields[5].Single()), Attributes(span, 9));

        string Hex(int number) => Convert.ToHexStringLower(fields[number].SingleOrDefault() ?? []);
    }

    // KeyValue { string key = 1; AnyValue value = 2 }, AnyValue { string string_value = 1 }; other kinds of values are not asked for.
    private static Dictionary<string, string> Attributes(byte[] message, int number) => Fields(message).Where(field => field.Number == number)
        .Select(field => Fields(field.Value).ToDictionary(part => part.Number, part => part.Value))
        .ToDictionary(pair => Encoding.UTF8.GetString(pair[1]), pair => string.Concat(Fields(pair[2]).Where(field => field.Number == 1).Select(field => Encoding.UTF8.GetString(field.Value))));

    /// <summary>The fields of a protobuf message that have a length; numbers are passed over.</summary>
    private static IEnumerable<(int Number, byte[] Value)> Fields(byte[] message)
    {
        for (var at = 0; at < message.Length;)
        {
            var tag = Number(message, ref at);
            switch (tag & 7)
            {
                case 0:
                    Number(message, ref at);
                    break;
                case 1:
                    at += 8;
                    break;
                case 2:
                    var length = (int)Number(message, ref at);
                    yield return ((int)(tag >> 3), message[at..(at + length)]);
                    at += length;
                    break;
                case 5:
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"Unknown wire type of tag {tag}.");
            }
        }
    }

    private static ulong Number(byte[] message, ref int at)
    {
        var number = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var part = message[at++];
            number |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
            {
                return number;
            }
        }
    }
}

/// <param name="Instance">Which of the processes of a service.</param>
/// <param name="Parent">Empty for the first span of a trace.</param>
public sealed record CollectedSpan(
    string Service, string Instance, string Trace, string Id, string Parent, string Name, IReadOnlyDictionary<string, string> Attributes);
