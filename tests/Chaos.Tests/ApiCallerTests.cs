using System.Net;
using System.Net.Sockets;
using Loopwave.Chaos.Load;
using Loopwave.Chaos.Watching;
using Xunit;

namespace Loopwave.Chaos;

/// <summary>What callers make of the answers that they get in a row.</summary>
public sealed class ApiCallerTests
{
    private const string Sent = """{ "id": "m_1" }""";
    private const string Conflict = """{ "error": "idempotency_conflict" }""";
    private const string Unavailable = """{ "error": "unavailable" }""";

    private readonly SkippingClock _clock = new();

    [Fact]
    public async Task After_a_503_the_first_attempt_may_still_be_under_way()
    {
        var api = Answers(Answer(503, Unavailable, 1), Answer(409, Conflict, 1), Answer(202, Sent));

        await Caller(api).Post("/api/v1/messages", new { }, "key");

        Assert.Equal(0, api.Answers.Wrong.Count);
    }

    [Fact]
    public async Task After_a_503_in_an_update_nothing_is_under_way_any_more()
    {
        var api = Answers(Answer(503, Unavailable, 1), Answer(409, Conflict, 1), Answer(202, Sent));

        await Caller(api, onlyUnavailable: true).Post("/api/v1/messages", new { }, "key");

        Assert.Equal(1, api.Answers.Wrong.Count);
    }

    [Fact]
    public async Task Whoever_asks_for_the_first_time_is_in_nobodys_way()
    {
        var api = Answers(Answer(409, Conflict, 1), Answer(202, Sent));

        await Caller(api).Post("/api/v1/messages", new { }, "key");

        Assert.Equal(1, api.Answers.Wrong.Count);
    }

    [Fact]
    public async Task A_refused_connection_begins_nothing()
    {
        var api = Answers(() => throw new HttpRequestException("refused", new SocketException((int)SocketError.ConnectionRefused)), Answer(409, Conflict, 1), Answer(202, Sent));
        _clock.Skip(TimeSpan.FromSeconds(1));
        api.Nodes.Goes(0, answers: false);

        await Caller(api).Post("/api/v1/messages", new { }, "key");

        Assert.Contains("409", Assert.Single(api.Answers.Wrong.Samples), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(503, Unavailable)]
    [InlineData(404, """{ "error": "unknown_number" }""")]
    [InlineData(429, """{ "error": "rate_limited" }""")]
    public async Task Who_reads_may_be_told_to_come_again_and_nothing_else(int status, string body)
    {
        var api = Answers(Answer(status, body, status == 503 ? null : 1), Answer(200, Sent));

        await Caller(api).Get("/api/v1/numbers/n_1");

        Assert.Equal(1, api.Answers.Wrong.Count);
    }

    [Theory]
    [InlineData(true, new[] { 1, 1, 1 })]
    [InlineData(false, new[] { 1, 0, 1 })]
    public async Task Whoever_stays_asks_the_same_node_again_for_as_long_as_it_answers(bool stays, int[] nodes)
    {
        var api = new FakeApi(_clock, nodes: 2, (_, before) => before < 2 ? FakeApi.Answer(HttpStatusCode.ServiceUnavailable, Unavailable, 1) : FakeApi.Answer(HttpStatusCode.Accepted, Sent));

        await Caller(api).Post("/api/v1/messages", new { }, "key", new() { Stays = stays });

        Assert.Equal(nodes, api.Asked.Select(one => one.Node));
    }

    [Fact]
    public async Task Whoever_stays_goes_to_the_other_node_when_the_first_one_is_gone()
    {
        var api = new FakeApi(_clock, nodes: 2, (node, _) => node == 1
            ? throw new HttpRequestException("refused", new SocketException((int)SocketError.ConnectionRefused))
            : FakeApi.Answer(HttpStatusCode.Accepted, Sent));

        await Caller(api).Post("/api/v1/messages", new { }, "key", new() { Stays = true });

        Assert.Equal([1, 0], api.Asked.Select(one => one.Node));
    }

    [Fact]
    public async Task A_look_asks_for_the_number_its_chats_and_what_was_said_in_one()
    {
        var api = Answers(
            Answer(200, """{ "id": "n_1" }"""), Answer(200, """{ "data": [{ "id": "c_1", "number": "n_1" }] }"""), Answer(200, """{ "data": [] }"""));

        await Looks(api).Look(_clock.GetUtcNow());

        Assert.Equal(["/api/v1/numbers/n_1", "/api/v1/chats?number=n_1", "/api/v1/chats/c_1/messages"], api.Asked.Select(one => one.Path));
        Assert.Equal((1, 0), (api.Answers.DoneCount, api.Answers.Wrong.Count));
        Assert.Equal(["n_1", "n_1", "n_1"], api.Answers.Asked.Select(one => one.Number));
    }

    [Fact]
    public async Task Who_looks_at_a_number_is_shown_no_other()
    {
        var api = Answers(Answer(200, """{ "id": "n_2" }"""), Answer(200, """{ "data": [{ "id": "c_1", "number": "n_3" }] }"""), Answer(200, """{ "data": [] }"""));

        await Looks(api).Look(_clock.GetUtcNow());

        Assert.Equal(2, api.Answers.Wrong.Count);
    }

    [Fact]
    public async Task What_is_asked_about_a_number_is_kept_from_its_first_attempt_to_the_last_with_the_node_that_was_asked_first()
    {
        var api = new FakeApi(_clock, nodes: 2, (_, before) => before == 0 ? After(4, 503, Unavailable, retryAfter: 1) : After(2, 202, Sent));
        var began = _clock.GetUtcNow();

        await Caller(api).Post("/api/v1/messages", new { }, "key", new() { Number = "n_1" });
        await Caller(api).Post("/api/v1/messages", new { }, "other");

        var asked = Assert.Single(api.Answers.Asked);
        Assert.Equal(("n_1", 1, began), (asked.Number, asked.Node, asked.First));
        Assert.InRange((asked.Done!.Value - began).TotalSeconds, 7, 7.25);
    }

    [Fact]
    public async Task What_is_never_done_is_kept_too()
    {
        var api = new FakeApi(_clock, nodes: 1, (_, _) => After(60, 503, Unavailable, retryAfter: 1));

        await Assert.ThrowsAsync<TimeoutException>(() => Caller(api).Get("/api/v1/numbers/n_1", about: "n_1"));

        Assert.Null(Assert.Single(api.Answers.Asked).Done);
    }

    [Fact]
    public async Task Every_attempt_counts_by_its_own_answer()
    {
        var api = new FakeApi(_clock, nodes: 1, (_, before) => before < 2 ? After(4 + before, 503, Unavailable, retryAfter: 1) : After(2, 202, Sent));
        var began = _clock.GetUtcNow();

        await Caller(api).Post("/api/v1/messages", new { }, "key");

        var answers = api.Answers.Attempts.Between(began, _clock.GetUtcNow());
        Assert.Equal(2, answers.Count);
        Assert.Equal(new AnswersOfKind(2, TimeSpan.FromSeconds(5)), answers["503 unavailable"]);
        Assert.Equal(new AnswersOfKind(1, TimeSpan.FromSeconds(2)), answers["202"]);
    }

    private HttpResponseMessage After(double seconds, int status, string body, int? retryAfter = null)
    {
        _clock.Skip(TimeSpan.FromSeconds(seconds));
        return FakeApi.Answer((HttpStatusCode)status, body, retryAfter);
    }

    private ApiCaller Caller(FakeApi api, bool onlyUnavailable = false) =>
        new(api.Nodes, api.Answers, _clock, CancellationToken.None) { OnlyUnavailable = onlyUnavailable };

    private Looks Looks(FakeApi api) =>
        new(Caller(api), api.Answers, new Conversations([new(new("n_1", EngineKind.Sandbox, ""), "4915111111111")], seed: 1), _clock);

    private FakeApi Answers(params Func<HttpResponseMessage>[] answers) => new(_clock, nodes: 1, (_, before) => answers[before]());

    private static Func<HttpResponseMessage> Answer(int status, string body, int? retryAfter = null) =>
        () => FakeApi.Answer((HttpStatusCode)status, body, retryAfter);
}
