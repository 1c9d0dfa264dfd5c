using System.Net;
using Loopwave.Api.Auth;
using Loopwave.Api.Errors;
using Loopwave.Testing.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Loopwave.Api.Tests.Errors;

/// <summary>A process that has too much to do says so at once instead of letting everybody wait.</summary>
public sealed class LoadTests : IAsyncLifetime
{
    private const int Most = 2;

    private readonly SemaphoreSlim _began = new(0);
    private readonly TaskCompletionSource _end = new();
    private ApiHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await ApiHost.Start(
        new() { ["Api:MaxRequests"] = $"{Most}" },
        app =>
        {
            app.MapGet("/api/v1/slow", Wait).WithMetadata(new AccessPolicy.Anybody());
            app.MapGet("/api/v1/file", Wait).WithMetadata(new AccessPolicy.Anybody(), new TransfersFile());
        });

    public ValueTask DisposeAsync()
    {
        _end.TrySetResult();
        _began.Dispose();
        return _host.DisposeAsync();
    }

    [Fact]
    public async Task What_is_too_much_is_refused_at_once_and_the_next_is_taken_when_one_is_done()
    {
        var client = _host.ClientWith();
        var slow = await UnderWay(client, "/api/v1/slow", Most);

        for (var i = 0; i < 3; i++)
        {
            using var refused = await client.GetAsync("/api/v1/numbers", TestContext.Current.CancellationToken);
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "unavailable", "1"), (refused.StatusCode, await refused.ErrorCode(), Assert.Single(refused.Headers.GetValues("Retry-After"))));
        }

        Assert.Empty(_host.Deployment.Asked);
        Assert.Single(_host.Log.Lines, line => line.Contains("Requests are refused with 503", StringComparison.Ordinal));

        _end.SetResult();
        Assert.All(await Task.WhenAll(slow), answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        using var taken = await client.GetAsync("/api/v1/numbers", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
    }

    [Fact]
    public async Task Whoever_watches_is_answered_and_files_take_nobodys_place()
    {
        var client = _host.ClientWith();
        await UnderWay(client, "/api/v1/file", Most + 1);
        using var taken = await client.GetAsync("/api/v1/numbers", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);

        await UnderWay(client, "/api/v1/slow", Most);
        using var health = await client.GetAsync("/api/health/ready", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
    }

    [Fact]
    public async Task Requests_that_nobody_answers_keep_nobody_else_out_until_too_many_of_them_wait()
    {
        var client = _host.ClientWith();
        var waiting = new List<Task<HttpResponseMessage>>();
        for (var round = 0; round < Places.WaitingShare; round++)
        {
            waiting.AddRange(await UnderWay(client, "/api/v1/slow", Most));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, await Status(client));
            _host.Clock.Advance(Places.BriefWait);
            Assert.Equal(HttpStatusCode.OK, await Status(client));
        }

        waiting.AddRange(await UnderWay(client, "/api/v1/slow", Most));
        _host.Clock.Advance(Places.BriefWait);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await Status(client));

        _end.SetResult();
        Assert.All(await Task.WhenAll(waiting), answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Equal(HttpStatusCode.OK, await Status(client));
    }

    private static async Task<HttpStatusCode> Status(HttpClient client)
    {
        using var answer = await client.GetAsync("/api/v1/numbers", TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }

    private async Task<List<Task<HttpResponseMessage>>> UnderWay(HttpClient client, string path, int count)
    {
        var requests = Enumerable.Range(0, count).Select(_ => client.GetAsync(path, TestContext.Current.CancellationToken)).ToList();
        for (var i = 0; i < count; i++)
        {
            await _began.WaitAsync(TestContext.Current.CancellationToken);
        }

        return requests;
    }

    private async Task<IResult> Wait()
    {
        _began.Release();
        await _end.Task;
        return Results.Ok();
    }
}
