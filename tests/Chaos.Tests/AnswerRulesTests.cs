using System.Net;
using System.Net.Sockets;
using Loopwave.Chaos.Load;
using Xunit;

namespace Loopwave.Chaos;

public sealed class AnswerRulesTests
{
    [Theory]
    [InlineData(HttpStatusCode.Accepted, null, false, nameof(Verdict.Done))]
    [InlineData(HttpStatusCode.ServiceUnavailable, "unavailable", true, nameof(Verdict.AskAgain))]
    [InlineData(HttpStatusCode.ServiceUnavailable, "unavailable", false, nameof(Verdict.Wrong))]
    [InlineData(HttpStatusCode.TooManyRequests, "queue_full", true, nameof(Verdict.Wrong))]
    [InlineData(HttpStatusCode.TooManyRequests, "rate_limited", true, nameof(Verdict.Wrong))]
    [InlineData(HttpStatusCode.Conflict, "no_ready_session", false, nameof(Verdict.Wrong))]
    [InlineData(HttpStatusCode.InternalServerError, "internal_error", false, nameof(Verdict.Wrong))]
    [InlineData(HttpStatusCode.NotFound, "unknown_number", false, nameof(Verdict.Wrong))]
    [InlineData(HttpStatusCode.BadGateway, null, true, nameof(Verdict.Wrong))]
    public void Only_what_callers_are_told_to_expect_is_right(HttpStatusCode status, string? error, bool saysWhen, string verdict) =>
        Assert.Equal(verdict, AnswerRules.Judge(status, error, saysWhen, mayBeUnderWay: true).ToString());

    [Theory]
    [InlineData(true, nameof(Verdict.AskAgain))]
    [InlineData(false, nameof(Verdict.Wrong))]
    public void A_request_is_in_its_own_way_only_when_it_was_begun_before(bool mayBeUnderWay, string verdict) =>
        Assert.Equal(verdict, AnswerRules.Judge(HttpStatusCode.Conflict, "idempotency_conflict", saysWhen: true, mayBeUnderWay).ToString());

    [Theory]
    [InlineData(SocketError.ConnectionRefused, true)]
    [InlineData(SocketError.ConnectionReset, false)]
    public void Only_a_refused_connection_was_taken_by_nobody(SocketError error, bool isRefused)
    {
        var exception = new HttpRequestException("", new SocketException((int)error));

        Assert.Equal((true, isRefused), (AnswerRules.IsNoAnswer(exception, hungUp: false), AnswerRules.IsRefused(exception)));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Whoever_hung_up_cannot_say_that_nobody_answered(bool hungUp, bool isNoAnswer) =>
        Assert.Equal(isNoAnswer, AnswerRules.IsNoAnswer(new TaskCanceledException(), hungUp));
}
