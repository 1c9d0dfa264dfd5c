using System.Diagnostics;
using System.Net;
using Loopwave.ApiKeys;
using Loopwave.Configuration;
using Loopwave.Engines;
using Loopwave.Messages;
using Loopwave.Numbers;
using Loopwave.Testing;
using Loopwave.Testing.Api;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Loopwave.Api.Tests.Telemetry;

/// <summary>A message's way out is one trace, from the request to the receipts, over every wait and into the next process.</summary>
public sealed class TraceTests : IAsyncLifetime
{
    private const string Text = "What nobody else reads";
    private const string Request = "POST /api/v1/messages/";

    // What the product adds to what its libraries tell.
    private static readonly string[] Way = ["message accept", "message prepare", "message queue", "message relay", "message acknowledge"];

    private readonly string _phone = Any.Phone();
    private LoopwaveCluster _cluster = null!;
    private ApiHost _host = null!;
    private string _key = null!;
    private string _number = null!;

    public async ValueTask InitializeAsync()
    {
        _cluster = await LoopwaveCluster.Start(services => services.AddApiKeys());
        _host = await ApiHost.Start(grains: _cluster.Grains);
        _key = (await _cluster.Grains.GetGrain<IApiKeysGrain>(0).Create(new NewApiKey("Shop", null, Test: false, "u_1"))).Value!.Key;
        _number = await _cluster.ReadyNumber();
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task From_the_request_over_the_queue_and_the_engine_to_the_receipts()
    {
        using var kept = new KeptSpans();
        var call = Call();
        await Send(call);
        var relay = await _cluster.Engine.NextRelay(_number);
        await Answered(relay, after: 3);
        await Receipt(relay, ReceiptKind.Delivered, after: 4);
        await Receipt(relay, ReceiptKind.Read, after: 60);

        var spans = kept.Of(call.TraceId);
        var request = spans.Single(span => span.DisplayName == Request);
        Assert.Equal(call.SpanId, request.ParentSpanId);
        var accept = spans.Single(span => span.DisplayName == "message accept");
        Assert.Equal(
            ["INumberGrain/Send", "IMessagesGrain/Send", Request], Above(accept, spans).Where(span => span.Kind is ActivityKind.Server).Select(span => span.DisplayName));
        Assert.Equal([.. Way.Append("message deliver").Append("message read").Order()], Ours(spans).Select(span => span.DisplayName).Order());
        Assert.All(Ours(spans).Where(span => span != accept), span => Assert.Equal(accept.SpanId, span.ParentSpanId));
        Assert.Equal([3.0, 4.0, 60.0], new[] { "message acknowledge", "message deliver", "message read" }.Select(name => spans.Single(span => span.DisplayName == name).Duration.TotalSeconds));
    }

    [Fact]
    public async Task A_message_that_waited_over_a_restart_goes_on_with_its_trace()
    {
        var call = Call();
        using (new KeptSpans())
        {
            await _cluster.Engine.Raise(_number, new EngineEvent.Closed(503));
            await Send(call, queue: true);
        }

        await _host.DisposeAsync();
        _cluster = await _cluster.Restart();
        _host = await ApiHost.Start(grains: _cluster.Grains);
        using var kept = new KeptSpans();
        await _cluster.Number(_number).Ensure();
        await _cluster.ComesBack(_number);
        await Answered(await _cluster.Relayed(_number), after: 1);

        Assert.Equal([.. Way.Skip(1).Order()], kept.Of(call.TraceId).Select(span => span.DisplayName).Order());
    }

    [Fact]
    public async Task What_fails_says_so_by_its_kind_alone()
    {
        using var kept = new KeptSpans();
        _cluster.Engine.Relaying = _ => throw new EngineException(EngineError.Rejected, $"{_phone} is not there.");
        var call = Call();
        await Send(call);

        await _cluster.Eventually(() => Task.FromResult(Ours(kept.Of(call.TraceId)).Select(span => span.DisplayName)), names => names.Contains("message give up"));
        var failed = Ours(kept.Of(call.TraceId)).Where(span => span.Status is ActivityStatusCode.Error).ToDictionary(span => span.DisplayName);
        Assert.Equal(["message give up", "message relay"], failed.Keys.Order());
        Assert.Equal((null, "Rejected"), (failed["message relay"].StatusDescription, failed["message relay"].GetTagItem("error.type")));
        SaysNothingOfAnybody(kept.Of(call.TraceId));
    }

    [Fact]
    public async Task Spans_say_nothing_of_anybody()
    {
        using var kept = new KeptSpans();
        var (call, look) = (Call(), Call());
        await Send(call);
        await Answered(await _cluster.Engine.NextRelay(_number), after: 1);
        Assert.Equal(HttpStatusCode.OK, (await Client(look).GetAsync($"/api/v1/chats/{_phone}/messages?limit=5")).StatusCode);

        Assert.NotEmpty(kept.Of(look.TraceId));
        SaysNothingOfAnybody([.. kept.Of(call.TraceId), .. kept.Of(look.TraceId)]);
        Assert.Equal(["attempt=1", "engine=whatsapp"], Ours(kept.Of(call.TraceId)).SelectMany(span => span.TagObjects).Select(tag => $"{tag.Key.Replace("loopwave.", "", StringComparison.Ordinal)}={tag.Value}").Where(tag => tag != "attempt=0").Distinct().Order());
    }

    [Fact]
    public void A_span_says_nothing_of_what_the_one_above_it_was_told_by_the_caller()
    {
        using var kept = new KeptSpans();
        using var source = new ActivitySource("Loopwave");
        using var above = source.StartActivity("above", ActivityKind.Internal, Call())!;
        above.TraceStateString = $"shop={_phone}";
        source.StartActivity("below")!.Dispose();

        SaysNothingOfAnybody([Assert.Single(kept.Of(above.TraceId))]);
    }

    [Fact]
    public async Task Nothing_is_followed_and_nothing_stored_where_nobody_listens_whatever_the_caller_says()
    {
        var call = Call();

        await Send(call);

        await StoredWithoutTrace();
    }

    [Fact]
    public async Task Nothing_is_followed_and_nothing_stored_for_a_call_that_is_not_sampled()
    {
        using var kept = new KeptSpans();
        var call = Call(ActivityTraceFlags.None);

        await Send(call);
        await StoredWithoutTrace();
        await Answered(await _cluster.Engine.NextRelay(_number), after: 1);

        Assert.Empty(kept.Of(call.TraceId));
    }

    [Theory]
    [InlineData(TraceSampling.AsCalledOrAll)]
    [InlineData(TraceSampling.All)]
    public async Task What_a_silo_does_of_its_own_accord_begins_no_trace(TraceSampling sampling)
    {
        using var kept = new KeptSpans(sampling);
        await _cluster.Engine.Raise(_number, new EngineEvent.MessageReceived(Any.Inbound("Hello", _cluster.Clock.GetUtcNow())));
        await _cluster.Engine.Raise(_number, new EngineEvent.Closed(503));
        await _cluster.ComesBack(_number);
        var call = Call();
        await Send(call);

        Assert.NotEmpty(kept.Of(call.TraceId));
        Assert.All(kept.All.Where(span => span.ParentSpanId == default), root => Assert.Equal("Microsoft.AspNetCore", root.Source.Name));
    }

    private static ActivityContext Call(ActivityTraceFlags flags = ActivityTraceFlags.Recorded) => new(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), flags);

    private static IEnumerable<Activity> Ours(IEnumerable<Activity> spans) => spans.Where(span => span.Source.Name == "Loopwave");

    private static IEnumerable<Activity> Above(Activity span, IReadOnlyList<Activity> spans)
    {
        for (var above = spans.SingleOrDefault(one => one.SpanId == span.ParentSpanId); above is not null; above = spans.SingleOrDefault(one => one.SpanId == above.ParentSpanId))
        {
            yield return above;
        }
    }

    private HttpClient Client(ActivityContext call)
    {
        var client = _host.ClientWithKey(_key);
        client.DefaultRequestHeaders.Add("traceparent", $"00-{call.TraceId}-{call.SpanId}-{(int)call.TraceFlags:x2}");
        client.DefaultRequestHeaders.Add("tracestate", $"shop={_phone}");
        return client;
    }

    private async Task Send(ActivityContext call, bool queue = false)
    {
        var sent = await Client(call).PostJson("/api/v1/messages", $$"""{"to":"{{_phone}}","text":"{{Text}}","from":"{{_number}}"{{(queue ? ",\"whenOffline\":\"queue\"" : "")}}}""");
        Assert.Equal(HttpStatusCode.Accepted, sent.StatusCode);
    }

    private Task Answered(FakeRelay relay, int after) =>
        Happens(after, now => new EngineEvent.ServerAcknowledged(relay.WhatsAppId, now));

    private Task Receipt(FakeRelay relay, ReceiptKind kind, int after) =>
        Happens(after, now => new EngineEvent.ReceiptReceived(relay.Jid, [relay.WhatsAppId], kind, now));

    private Task Happens(int after, Func<DateTimeOffset, EngineEvent> what)
    {
        _cluster.Clock.Advance(TimeSpan.FromSeconds(after));
        return _cluster.Engine.Raise(_number, what(_cluster.Clock.GetUtcNow()));
    }

    private async Task StoredWithoutTrace()
    {
        var row = Assert.Single(await _cluster.Services.GetRequiredService<INumberStore>().Queue(_number, 0, 10));
        Assert.Null(row.Trace);
        Assert.Null((await _cluster.Services.GetRequiredService<IMessageStore>().Get(row.Message))!.Trace);
    }

    private void SaysNothingOfAnybody(IReadOnlyList<Activity> spans)
    {
        var told = spans.SelectMany(span => span.TagObjects.Select(tag => $"{tag.Value}").Append(span.DisplayName).Append($"{span.StatusDescription}").Append($"{span.TraceStateString}")
            .Concat(span.Events.Select(one => one.Name)).Concat(span.Baggage.Select(one => $"{one.Value}"))).ToList();
        Assert.All([_phone, Text, _number, _key, _key.Split('_')[2][..8]], secret => Assert.DoesNotContain(told, word => word.Contains(secret, StringComparison.Ordinal)));
    }
}
