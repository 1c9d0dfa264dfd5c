using Loopwave.Testing.Api;
using Xunit;

namespace Loopwave.Api.Tests.Errors;

public sealed class RefusalTests(SharedApiHost shared) : IClassFixture<SharedApiHost>
{
    private const string Hello = """{"to":"919812345678","text":"Hi"}""";

    public static TheoryData<RefusalCode, int, string> Refusals => new()
    {
        { RefusalCode.InvalidInput, 400, "invalid_input" },
        { RefusalCode.InvalidCursor, 400, "invalid_cursor" },
        { RefusalCode.UnknownNumber, 404, "unknown_number" },
        { RefusalCode.NotFound, 404, "not_found" },
        { RefusalCode.NoReadySession, 409, "no_ready_session" },
        { RefusalCode.QueueFull, 429, "queue_full" },
        { RefusalCode.Conflict, 409, "conflict" },
        { RefusalCode.AlreadyLinked, 409, "already_linked" },
        { RefusalCode.NotLinking, 409, "not_linking" },
        { RefusalCode.NumberRemoved, 409, "number_removed" },
        { RefusalCode.NumberNotAllowed, 403, "number_not_allowed" },
        { RefusalCode.IdempotencyConflict, 409, "idempotency_conflict" },
        { RefusalCode.IdempotencyMismatch, 422, "idempotency_mismatch" },
        { RefusalCode.MediaUnavailable, 409, "media_unavailable" },
        { RefusalCode.DiskFull, 507, "disk_full" },
        { RefusalCode.StorageUnavailable, 503, "storage_unavailable" },
        { RefusalCode.Unauthorized, 401, "unauthorized" },
        { RefusalCode.Forbidden, 403, "forbidden" },
        { RefusalCode.RateLimited, 429, "rate_limited" },
        { RefusalCode.PayloadTooLarge, 413, "payload_too_large" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_refusal_has_its_documented_status_and_code(RefusalCode code, int status, string error)
    {
        var host = await shared.Get();
        host.Deployment.Refusal = new Refusal(code, "Because.");

        var response = await host.ClientWith().PostJson("/api/v1/messages", Hello);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal($$"""{"error":"{{error}}","message":"Because."}""", await response.Content.ReadAsStringAsync());
        Assert.Equal(status is 429 or 503 or 507, response.Headers.RetryAfter is not null);
    }

    [Fact]
    public async Task A_refusal_of_a_silo_that_does_not_reach_the_number_is_answered_as_if_there_were_no_answer()
    {
        var host = await shared.Get();
        host.Deployment.Refusal = new Refusal(RefusalCode.StorageUnavailable, "Because.", TimeSpan.FromSeconds(2), MayWorkElsewhere: true);

        var response = await host.ClientWith().PostJson("/api/v1/messages", Hello);

        Assert.Equal((503, "unavailable", "2"), ((int)response.StatusCode, await response.ErrorCode(), response.Header("Retry-After")));
    }

    [Fact]
    public void Every_refusal_is_in_the_table() => Assert.Equal(Enum.GetValues<RefusalCode>().Length, Refusals.Count);
}
