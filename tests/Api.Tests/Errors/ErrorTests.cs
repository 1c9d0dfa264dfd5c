using System.Net;
using Loopwave.Deployment;
using Loopwave.Testing.Api;
using Xunit;

namespace Loopwave.Api.Tests.Errors;

public sealed class ErrorTests
{
    private const string Hello = """{"to":"919812345678","text":"Hi"}""";

    [Fact]
    public async Task A_refusal_that_knows_when_to_come_back_says_so_rounded_up()
    {
        await using var host = await ApiHost.Start();
        host.Deployment.Refusal = new Refusal(RefusalCode.QueueFull, "Full.", TimeSpan.FromSeconds(90.2));

        Assert.Equal("91", (await host.ClientWith().PostJson("/api/v1/messages", Hello)).Header("Retry-After"));
    }

    [Theory]
    [InlineData("GET", "/api/nothing", 404, "not_found")]
    [InlineData("GET", "/api/v1/nothing", 404, "not_found")]
    [InlineData("PUT", "/api/v1/messages", 405, "method_not_allowed")]
    [InlineData("TRACE", "/api/v1/messages", 405, "method_not_allowed")]
    [InlineData("POST", "/api/health", 405, "method_not_allowed")]
    public async Task What_the_router_refuses_has_the_documented_shape(string method, string route, int status, string error)
    {
        await using var host = await ApiHost.Start();

        var response = await host.ClientWith().SendAsync(new HttpRequestMessage(new HttpMethod(method), route));

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(error, await response.ErrorCode());
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("nosniff", response.Header("X-Content-Type-Options"));
    }

    [Fact]
    public async Task A_wrong_method_names_the_right_ones()
    {
        await using var host = await ApiHost.Start();

        var response = await host.ClientWith().PutAsync("/api/v1/messages", null);

        Assert.Equal(["POST"], response.Content.Headers.Allow);
    }

    [Fact]
    public async Task A_fault_tells_a_reference_that_the_log_carries_and_nothing_else()
    {
        await using var host = await ApiHost.Start();
        host.Deployment.Failure = new InvalidOperationException("Table 'secrets' at /var/lib is broken");

        var response = await host.ClientWith().GetAsync("/api/v1/chats/919812345678%40s.whatsapp.net");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        var message = (await response.Body()).GetProperty("message").GetString()!;
        Assert.Equal("internal_error", await response.ErrorCode());
        Assert.DoesNotContain("secrets", message);
        var reference = message.Split("Reference: ")[1].TrimEnd('.');
        var line = Assert.Single(host.Log.Lines, line => line.Contains(reference, StringComparison.Ordinal));
        Assert.Contains("/api/v1/chats/{id}", line);
        Assert.DoesNotContain(host.Log.Lines, logged => logged.Contains("919812345678", StringComparison.Ordinal));
    }

    public static TheoryData<Exception, string, string> Outages => new()
    {
        { new StorageUnavailableException("no room"), "storage_unavailable", "2" },
        { new InvalidOperationException("wrapped", new StorageUnavailableException("no room")), "storage_unavailable", "2" },
        { new TimeoutException("30 s"), "unavailable", "2" },
        { new SiloUnavailableException("gone"), "unavailable", "2" },
    };

    [Theory]
    [MemberData(nameof(Outages), DisableDiscoveryEnumeration = true)]
    public async Task An_outage_is_503_with_a_time_to_come_back(Exception outage, string error, string retryAfter)
    {
        await using var host = await ApiHost.Start();
        host.Deployment.Failure = outage;

        var response = await host.ClientWith().PostJson("/api/v1/messages", Hello);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(error, await response.ErrorCode());
        Assert.Equal(retryAfter, response.Header("Retry-After"));
    }

    [Fact]
    public async Task An_outage_while_the_key_is_checked_is_503_too()
    {
        await using var host = await ApiHost.Start();
        var client = host.ClientWith();
        host.Deployment.Keys.Values.Single().Failure = new StorageUnavailableException("away");

        Assert.Equal("storage_unavailable", await (await client.GetAsync("/api/v1/health")).ErrorCode());
    }

    [Fact]
    public async Task An_outage_is_logged_once_a_minute()
    {
        await using var host = await ApiHost.Start();
        host.Clock.Advance(TimeSpan.FromSeconds(1));
        host.Deployment.Failure = new StorageUnavailableException("away");
        var client = host.ClientWith();

        await client.GetAsync("/api/v1/chats");
        await client.GetAsync("/api/v1/chats");
        Assert.Single(host.Log.Lines);
        host.Clock.Advance(TimeSpan.FromSeconds(61));
        await client.GetAsync("/api/v1/chats");

        Assert.Equal(2, host.Log.Lines.Count);
    }
}
