using System.Net;
using System.Net.Http.Json;
using Loopwave.Api.Auth;
using Loopwave.Deployment;
using Loopwave.Testing.Api;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Loopwave.Api.Tests.Auth;

/// <summary>Callers go on for a while when the grain that knows them cannot be asked.</summary>
public sealed class LastAnswersTests
{
    private const string Route = "/api/v1/numbers";

    public static TheoryData<Exception> Outages => [new TimeoutException(), new StorageUnavailableException("away"), new SiloUnavailableException()];

    [Theory]
    [MemberData(nameof(Outages))]
    public async Task A_key_goes_on_for_a_minute_by_what_was_said_of_it_last(Exception outage)
    {
        await using var host = await ApiHost.Start();
        var (client, key) = (host.ClientWithKey(host.Deployment.AddKey(["numbers:read"], limit: 50)), host.Deployment.Keys.Values.Single());
        await client.GetAsync(Route);
        key.Failure = outage;

        var answers = new List<string>();
        for (var second = 0; second <= 60; second += 20)
        {
            using var answer = await client.GetAsync(Route);
            answers.Add($"{(int)answer.StatusCode}:{answer.Header("X-RateLimit-Remaining")}:{answer.Header("X-RateLimit-Reset")}");
            host.Clock.Advance(TimeSpan.FromSeconds(20));
        }

        var reset = FakeDeployment.Noon.AddMinutes(1).ToUnixTimeSeconds();
        Assert.Equal([$"200:48:{reset}", $"200:47:{reset}", $"200:46:{reset}", "503::"], answers);
        Assert.Equal("insufficient_scope", await (await Back().PostJson("/api/v1/messages", "{}")).ErrorCode());
        Assert.Single(host.Log.Lines, line => line.Contains("the last answers count", StringComparison.Ordinal));

        HttpClient Back()
        {
            key.Failure = null;
            return client;
        }
    }

    [Fact]
    public async Task The_limit_holds_by_what_was_left_and_a_new_minute_starts_afresh()
    {
        await using var host = await ApiHost.Start();
        var (client, key) = (host.ClientWithKey(host.Deployment.AddKey(limit: 2)), host.Deployment.Keys.Values.Single());
        host.Clock.Advance(TimeSpan.FromSeconds(30));
        await client.GetAsync(Route);
        key.Failure = new TimeoutException();

        var statuses = new List<HttpStatusCode>();
        for (var request = 0; request < 2; request++)
        {
            statuses.Add((await client.GetAsync(Route)).StatusCode);
        }

        host.Clock.Advance(TimeSpan.FromSeconds(29.5));
        statuses.Add((await client.GetAsync(Route)).StatusCode);
        host.Clock.Advance(TimeSpan.FromSeconds(0.5));
        for (var request = 0; request < 3; request++)
        {
            statuses.Add((await client.GetAsync(Route)).StatusCode);
        }

        Assert.Equal([200, 429, 429, 200, 200, 429], statuses.Select(status => (int)status));
    }

    [Fact]
    public async Task What_was_let_in_without_the_grain_stays_counted_when_it_answers_in_between()
    {
        await using var host = await ApiHost.Start();
        var (client, key) = (host.ClientWithKey(host.Deployment.AddKey(limit: 5)), host.Deployment.Keys.Values.Single());
        var statuses = new List<int>();
        for (var round = 0; round < 3; round++)
        {
            key.Failure = null;
            host.Clock.Advance(TimeSpan.FromSeconds(1));
            statuses.Add((int)(await client.GetAsync(Route)).StatusCode);
            key.Failure = new TimeoutException();
            for (var request = 0; request < 3; request++)
            {
                statuses.Add((int)(await client.GetAsync(Route)).StatusCode);
            }
        }

        // The grain itself admits, of what it sees; the node no more than was left at first.
        Assert.Equal([200, 200, 200, 200, 200, 200, 429, 429, 200, 429, 429, 429], statuses);
    }

    [Fact]
    public async Task A_key_that_was_switched_off_here_does_not_go_on_by_what_was_said_before()
    {
        await using var host = await ApiHost.Start();
        var (client, key) = (host.ClientWithKey(host.Deployment.AddKey()), host.Deployment.Keys.Values.Single());
        var id = key.View().Id;
        await client.GetAsync(Route);
        using var body = JsonContent.Create(new { enabled = false });
        using var off = await host.AdminClient().PatchAsync($"/api/app/api-keys/{id}", body);
        Assert.Equal(HttpStatusCode.OK, off.StatusCode);

        key.Failure = new TimeoutException();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync(Route)).StatusCode);
    }

    [Fact]
    public async Task An_answer_that_was_asked_for_before_a_change_is_not_kept_after_it()
    {
        var clock = new FakeTimeProvider(FakeDeployment.Noon);
        using var answers = new LastAnswers<string>(answer => answer, (_, now) => now, _ => { }, clock);
        var late = new TaskCompletionSource<string?>();
        var asking = answers.Get("caller", () => late.Task);
        answers.Forget(caller => caller == "caller");
        late.SetResult("known");
        Assert.Equal("known", await asking);

        await Assert.ThrowsAsync<TimeoutException>(() => answers.Get("caller", () => Task.FromException<string?>(new TimeoutException())));
    }

    [Fact]
    public async Task A_grain_that_hangs_is_waited_for_by_one_request_in_a_second_and_its_late_answer_counts()
    {
        var clock = new FakeTimeProvider(FakeDeployment.Noon);
        var (asked, inVain) = (0, 0);
        using var answers = new LastAnswers<string>(answer => answer, (_, now) => now, _ => inVain++, clock);
        Assert.Equal("known", await answers.Get("caller", () => Task.FromResult<string?>("known")));
        var late = new TaskCompletionSource<string?>();
        Task<string?> Get() => answers.Get("caller", () =>
        {
            asked++;
            return late.Task;
        });

        var first = Get();
        clock.Advance(TimeSpan.FromSeconds(0.499));
        Assert.False(first.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(0.001));
        Assert.Equal("known", await first);
        for (var request = 0; request < 5; request++)
        {
            Assert.Equal("known", await Get());
        }

        Assert.Equal((1, 1), (asked, inVain));
        clock.Advance(TimeSpan.FromSeconds(1));
        var (second, other) = (Get(), Get());
        Assert.Equal("known", await other);
        Assert.False(second.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(0.5));
        Assert.Equal("known", await second);
        Assert.Equal((2, 2), (asked, inVain));

        // It was switched off meanwhile.
        late.SetResult(null);
        Assert.Null(await Get());
        Assert.Equal((3, 2), (asked, inVain));
    }

    [Fact]
    public async Task A_key_that_was_never_asked_for_here_or_is_wrong_waits_for_its_grain()
    {
        await using var host = await ApiHost.Start();
        var (known, other) = (host.Deployment.AddKey(), host.Deployment.AddKey());
        await host.ClientWithKey(known).GetAsync(Route);
        foreach (var key in host.Deployment.Keys.Values)
        {
            key.Failure = new TimeoutException();
        }

        Assert.Equal(HttpStatusCode.OK, (await host.ClientWithKey(known).GetAsync(Route)).StatusCode);
        Assert.Equal("unavailable", await (await host.ClientWithKey(other).GetAsync(Route)).ErrorCode());
        var forged = ApiKeys.ApiKeyText.New(test: false).Text;
        var id = host.Deployment.Keys.Values.First().View().Id;
        Assert.Equal(HttpStatusCode.Unauthorized, (await host.ClientWithKey(forged[..8] + id + forged[16..]).GetAsync(Route)).StatusCode);
    }

    [Fact]
    public async Task A_fault_that_is_no_outage_is_not_hidden()
    {
        await using var host = await ApiHost.Start();
        var client = host.ClientWithKey(host.Deployment.AddKey());
        await client.GetAsync(Route);
        host.Deployment.Keys.Values.Single().Failure = new InvalidOperationException("a fault of ours");

        Assert.Equal(HttpStatusCode.InternalServerError, (await client.GetAsync(Route)).StatusCode);
    }

    [Fact]
    public async Task Who_is_signed_in_goes_on_as_well_and_who_is_not_any_more_does_not()
    {
        await using var host = await ApiHost.Start();
        var (admin, other) = (host.AdminClient(), host.AdminClient());
        await admin.GetAsync("/api/app/session");
        await other.GetAsync("/api/app/session");
        await other.DeleteAsync("/api/app/session");
        host.Deployment.SessionFailure = new TimeoutException();

        Assert.Equal(HttpStatusCode.OK, (await admin.GetAsync("/api/app/session")).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await other.GetAsync("/api/app/session")).StatusCode);
    }
}
