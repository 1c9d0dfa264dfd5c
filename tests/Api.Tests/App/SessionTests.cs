using System.Net;
using Loopwave.Team;
using Loopwave.Testing.Api;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.TestHost;
using Xunit;

namespace Loopwave.Api.Tests.App;

public sealed class SessionTests
{
    private const string Route = "/api/app/session";
    private const string Dana = $$"""{"email":"dana@example.com","password":"{{FakeTeam.Password}}"}""";

    [Fact]
    public async Task Signing_in_sets_a_cookie_that_scripts_and_other_sites_do_not_get()
    {
        await using var host = await ApiHost.Start();

        var response = await host.Client().PostJson(Route, Dana);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("dana@example.com", (await response.Body()).GetProperty("member").GetProperty("email").GetString());
        var token = host.Deployment.Sessions.Keys.Single();
        Assert.Equal($"lw={token}; expires=Wed, 29 Jul 2026 12:00:00 GMT; path=/; samesite=strict; httponly", response.Header("Set-Cookie"));
        Assert.DoesNotContain(token, await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData(true, null)]
    [InlineData(false, "https://inbox.example.com")]
    public async Task Over_https_the_cookie_is_secure_and_bound_to_the_host(bool https, string? webOrigin)
    {
        await using var host = await ApiHost.Start(new() { ["WEB_ORIGIN"] = webOrigin });

        var response = await host.Client(https).PostJson(Route, Dana);

        var cookie = response.Header("Set-Cookie");
        Assert.StartsWith("__Host-lw=", cookie);
        Assert.Contains("; secure", cookie);
        Assert.DoesNotContain("domain", cookie);
    }

    [Fact]
    public async Task A_wrong_password_is_unauthorized_and_sets_no_cookie()
    {
        await using var host = await ApiHost.Start();

        var response = await host.Client().PostJson(Route, """{"email":"dana@example.com","password":"wrong"}""");

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("unauthorized", await response.ErrorCode());
        Assert.Equal("", response.Header("Set-Cookie"));
    }

    [Fact]
    public async Task A_throttled_sign_in_is_told_how_long_to_wait()
    {
        await using var host = await ApiHost.Start();
        host.Deployment.Refusal = new Refusal(RefusalCode.RateLimited, "Wait.", TimeSpan.FromMinutes(15));

        var response = await host.Client().PostJson(Route, Dana);

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal("900", response.Header("Retry-After"));
    }

    [Fact]
    public async Task A_session_lasts_until_it_is_deleted()
    {
        await using var host = await ApiHost.Start();
        var client = host.AdminClient();

        Assert.Equal("Dana", (await (await client.GetAsync(Route)).Body()).GetProperty("member").GetProperty("name").GetString());
        var signedOut = await client.DeleteAsync(Route);
        var after = await client.GetAsync(Route);

        Assert.Equal(HttpStatusCode.NoContent, signedOut.StatusCode);
        Assert.StartsWith("lw=; expires=Thu, 01 Jan 1970", signedOut.Header("Set-Cookie"));
        Assert.Equal(HttpStatusCode.Unauthorized, after.StatusCode);
        Assert.Equal("unauthorized", await after.ErrorCode());
    }

    [Theory]
    [InlineData("cross-site", false)]
    [InlineData("same-site", false)]
    [InlineData("same-origin", true)]
    [InlineData("none", true)]
    [InlineData(null, true)]
    public async Task Another_site_cannot_sign_anybody_in(string? site, bool may)
    {
        await using var host = await ApiHost.Start();
        var client = host.Client();
        client.DefaultRequestHeaders.Add("Sec-Fetch-Site", site is null ? [] : [site]);

        Assert.Equal(may ? HttpStatusCode.OK : HttpStatusCode.Forbidden, (await client.PostJson(Route, Dana)).StatusCode);
    }

    [Theory]
    [InlineData("https://evil.example", false)]
    [InlineData("null", false)]
    [InlineData("http://localhost", true)]
    [InlineData("https://inbox.example.com", true)]
    public async Task A_browser_that_only_sends_its_origin_is_judged_by_that(string origin, bool may)
    {
        await using var host = await ApiHost.Start(new() { ["WEB_ORIGIN"] = "https://inbox.example.com" });
        var client = host.Client();
        client.DefaultRequestHeaders.Add("Origin", origin);

        Assert.Equal(may ? HttpStatusCode.OK : HttpStatusCode.Forbidden, (await client.PostJson(Route, Dana)).StatusCode);
    }

    [Theory]
    [InlineData("DELETE", "/api/app/session")]
    [InlineData("POST", "/api/app/api-keys")]
    [InlineData("POST", "/api/v1/messages")]
    [InlineData("PATCH", "/api/v1/numbers/n1")]
    public async Task A_cookie_alone_changes_nothing(string method, string route)
    {
        await using var host = await ApiHost.Start();
        var client = host.Client();
        client.DefaultRequestHeaders.Add("Cookie", "lw=" + host.Deployment.AddSession());
        var foreign = host.AdminClient();
        foreign.DefaultRequestHeaders.Add("Sec-Fetch-Site", "cross-site");

        foreach (var one in new[] { client, foreign })
        {
            var response = await one.SendAsync(new HttpRequestMessage(new HttpMethod(method), route) { Content = Http.Json("{}") });
            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
            Assert.Equal("forbidden", await response.ErrorCode());
        }

        Assert.Empty(host.Deployment.Asked);
    }

    [Fact]
    public async Task A_cookie_alone_may_read()
    {
        await using var host = await ApiHost.Start();
        var client = host.Client();
        client.DefaultRequestHeaders.Add("Cookie", "lw=" + host.Deployment.AddSession());

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/numbers")).StatusCode);
    }

    [Fact]
    public async Task An_agent_may_do_nothing_of_this_yet()
    {
        await using var host = await ApiHost.Start();
        var client = host.Client();
        client.DefaultRequestHeaders.Add("Cookie", "lw=" + host.Deployment.AddSession(Role.Agent));

        Assert.Equal("forbidden", await (await client.GetAsync("/api/app/api-keys")).ErrorCode());
        Assert.Equal("forbidden", await (await client.GetAsync("/api/v1/numbers")).ErrorCode());
    }

    [Fact]
    public async Task An_api_key_opens_nothing_of_the_app()
    {
        await using var host = await ApiHost.Start();

        Assert.Equal("unauthorized", await (await host.ClientWith().GetAsync("/api/app/api-keys")).ErrorCode());
    }

    [Fact]
    public async Task A_key_wins_over_a_cookie()
    {
        await using var host = await ApiHost.Start();
        var client = host.AdminClient();
        client.DefaultRequestHeaders.Add("X-API-Key", "wrong");

        Assert.Equal("invalid_api_key", await (await client.GetAsync("/api/v1/numbers")).ErrorCode());
    }

    [Fact]
    public async Task The_first_admin_is_made_with_the_one_time_token()
    {
        await using var host = await ApiHost.Start();
        var client = host.Client();
        const string Body = $$"""{"token":"{{FakeTeam.SetUpToken}}","email":"dana@example.com","password":"{{FakeTeam.Password}}"}""";

        Assert.True((await (await client.GetAsync("/api/app/set-up")).Body()).GetProperty("needed").GetBoolean());
        var wrong = await client.PostJson("/api/app/set-up", Body.Replace(FakeTeam.SetUpToken, "wrong", StringComparison.Ordinal));
        var right = await client.PostJson("/api/app/set-up", Body);

        Assert.Equal(HttpStatusCode.Forbidden, wrong.StatusCode);
        Assert.Equal(HttpStatusCode.Created, right.StatusCode);
        Assert.StartsWith("lw=", right.Header("Set-Cookie"));
        Assert.False((await (await client.GetAsync("/api/app/set-up")).Body()).GetProperty("needed").GetBoolean());
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData("10.1.2.3", "")]
    [InlineData("127.0.0.0/8, 10.0.0.0/8", "203.0.113.7")]
    public async Task A_forwarded_address_counts_only_from_a_trusted_proxy(string? trusted, string source)
    {
        await using var host = await ApiHost.Start(new() { ["TRUSTED_PROXIES"] = trusted });
        var server = host.App.GetTestServer();

        await server.SendAsync(context =>
        {
            context.Connection.RemoteIpAddress = IPAddress.Loopback;
            context.Request.Method = "POST";
            context.Request.Path = Route;
            context.Request.Headers["X-Forwarded-For"] = "1.1.1.1, 203.0.113.7, 10.9.9.9";
            context.Request.ContentType = "application/json";
            context.Request.Body = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(Dana));
            context.Features.Set<IHttpRequestBodyDetectionFeature>(new HasBody());
        });

        Assert.Equal(source.Length == 0 ? "127.0.0.1" : source, host.Deployment.LastAsked<string>());
    }

    private sealed class HasBody : IHttpRequestBodyDetectionFeature
    {
        public bool CanHaveBody => true;
    }
}
