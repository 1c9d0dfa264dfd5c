using System.Net;
using Loopwave.Testing.Api;
using Xunit;

namespace Loopwave.Api.Tests.Auth;

public sealed class RateTests
{
    [Fact]
    public async Task Every_answer_to_a_key_tells_what_is_left()
    {
        await using var host = await ApiHost.Start();
        var client = host.ClientWithKey(host.Deployment.AddKey(["chats:read"], limit: 120));
        host.Clock.Advance(TimeSpan.FromSeconds(20.5));

        string[] routes = ["/api/v1/health", "/api/v1/chats?limit=0", "/api/v1/nothing", "/api/v1/messages", "/api/v1/numbers"];
        var remaining = new List<string>();
        foreach (var route in routes)
        {
            var response = await client.GetAsync(route);
            remaining.Add($"{(int)response.StatusCode}:{response.Header("X-RateLimit-Remaining")}");
            Assert.Equal("120", response.Header("X-RateLimit-Limit"));
            Assert.Equal(FakeDeployment.Noon.AddMinutes(1).ToUnixTimeSeconds().ToString(), response.Header("X-RateLimit-Reset"));
            Assert.Equal("\"key\";q=120;w=60", response.Header("RateLimit-Policy"));
            Assert.EndsWith(";t=40", response.Header("RateLimit"));
            Assert.Null(response.Headers.RetryAfter);
        }

        Assert.Equal(["200:119", "400:118", "404:117", "405:116", "403:115"], remaining);
    }

    [Fact]
    public async Task A_key_over_its_limit_is_told_to_wait_for_the_next_window()
    {
        await using var host = await ApiHost.Start();
        var client = host.ClientWithKey(host.Deployment.AddKey(limit: 1));
        host.Clock.Advance(TimeSpan.FromSeconds(20.5));
        await client.GetAsync("/api/v1/health");

        var response = await client.GetAsync("/api/v1/health");

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal("""{"error":"rate_limited","message":"Too many requests for this key."}""", await response.Content.ReadAsStringAsync());
        Assert.Equal("40", response.Header("Retry-After"));
        Assert.Equal("0", response.Header("X-RateLimit-Remaining"));
    }

    [Fact]
    public async Task Rate_comes_before_scope_and_scope_before_validation()
    {
        await using var host = await ApiHost.Start();
        var client = host.ClientWithKey(host.Deployment.AddKey(["chats:read"], limit: 1));

        var first = await client.PostJson("/api/v1/messages", "not json");
        var second = await client.PostJson("/api/v1/messages", "not json");

        Assert.Equal("insufficient_scope", await first.ErrorCode());
        Assert.Equal("rate_limited", await second.ErrorCode());
    }

    [Fact]
    public async Task A_signed_in_admin_is_not_counted()
    {
        await using var host = await ApiHost.Start();

        var response = await host.AdminClient().GetAsync("/api/v1/numbers");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("", response.Header("X-RateLimit-Limit"));
    }
}
