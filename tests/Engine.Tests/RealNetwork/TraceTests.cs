using System.Text.Json.Nodes;
using Loopwave.Testing;
using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>What a collector of the operator's is sent of a message that a real engine host writes to the network.</summary>
public sealed class TraceTests : IAsyncLifetime
{
    private const string Request = "POST /api/v1/messages/";
    private const string Text = "What nobody else reads";

    private static readonly string[] Way = ["message accept", "message acknowledge", "message deliver", "message prepare", "message queue", "message relay"];

    private readonly Deployment _deployment = new();
    private FakeCollector _collector = null!;

    public async ValueTask InitializeAsync()
    {
        _collector = await FakeCollector.Start();
        _collector.SetUp(_deployment.Settings);
        await _deployment.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _deployment.DisposeAsync();
        await _collector.DisposeAsync();
    }

    [Fact]
    public async Task A_send_over_WhatsApp_is_one_trace_from_the_request_over_the_engine_to_the_receipt()
    {
        var (number, phone) = await _deployment.LinkedNumber();
        var person = await _deployment.Person();
        var message = await _deployment.Send(number, person, Text);

        await _deployment.MessageIs(message, "delivered");
        var trace = await Trace();

        Assert.Equal(Way, Messages(trace).Select(span => span.Name).Order());
        Assert.All(trace, span => Assert.True(span.Name == Request ? span.Parent == "" : trace.Any(above => above.Id == span.Parent), span.Name));
        var accept = trace.Single(span => span.Name == "message accept");
        Assert.Equal(
            ["INumberGrain/Send", "IMessagesGrain/Send", Request], Above(accept, trace).Select(span => span.Name).Distinct());
        Assert.All(Messages(trace).Where(span => span != accept), span => Assert.Equal((accept.Id, "whatsapp"), (span.Parent, span.Attributes["loopwave.engine"])));

        // Of what linked the number nothing is in it, and of what people say and who they are nothing anywhere.
        Assert.Single(trace, span => span.Parent == "");
        var everything = _collector.Everything;
        Assert.All([Text, person, phone, number, message], secret => Assert.DoesNotContain(secret, everything, StringComparison.Ordinal));
    }

    private static IEnumerable<CollectedSpan> Messages(IEnumerable<CollectedSpan> trace) => trace.Where(span => span.Name.StartsWith("message ", StringComparison.Ordinal));

    private static IEnumerable<CollectedSpan> Above(CollectedSpan span, IReadOnlyList<CollectedSpan> trace)
    {
        for (var above = Parent(span); above is not null; above = Parent(above))
        {
            yield return above;
        }

        CollectedSpan? Parent(CollectedSpan below) => trace.SingleOrDefault(one => one.Id == below.Parent);
    }

    // Of the request that sent it, as soon as all of its way has come: spans are sent when the process has time.
    private async Task<IReadOnlyList<CollectedSpan>> Trace()
    {
        await Deployment.Until(
            () => Task.FromResult(new JsonArray([.. Found().Select(span => JsonValue.Create(span.Name))])),
            names => !Way.Except(names.Select(Deployment.Text)).Any());
        return Found();
    }

    private IReadOnlyList<CollectedSpan> Found() => [.. _collector.Spans.GroupBy(span => span.Trace).Where(trace => trace.Any(span => span.Name == Request)).Take(1).SelectMany(trace => trace)];
}
