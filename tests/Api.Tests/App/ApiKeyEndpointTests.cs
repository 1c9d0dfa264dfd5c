using System.Net;
using Loopwave.ApiKeys;
using Loopwave.Testing.Api;
using Xunit;

namespace Loopwave.Api.Tests.App;

public sealed class ApiKeyEndpointTests
{
    private const string Route = "/api/app/api-keys";

    [Fact]
    public async Task A_new_key_is_shown_once_and_works()
    {
        await using var host = await ApiHost.Start();
        var admin = host.AdminClient();

        var created = await admin.PostJson(Route, """{"name":"Shop","scopes":["chats:read"],"test":true}""");

        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        var key = (await created.Body()).GetProperty("key").GetString()!;
        Assert.StartsWith("lw_test_", key);
        Assert.Equal(HttpStatusCode.OK, (await host.ClientWithKey(key).GetAsync("/api/v1/chats")).StatusCode);
        var list = await (await admin.GetAsync(Route)).Content.ReadAsStringAsync();
        Assert.DoesNotContain(key, list);
        Assert.Contains((await created.Body()).GetProperty("id").GetString()!, list);
        var member = host.Deployment.Sessions.Values.Single();
        Assert.Equal(["chats:read"], host.Deployment.LastAsked<NewApiKey>().Scopes!);
        Assert.Equal(member.Id, host.Deployment.LastAsked<NewApiKey>().Creator);
    }

    [Fact]
    public async Task A_key_is_switched_off_and_on()
    {
        await using var host = await ApiHost.Start();
        var admin = host.AdminClient();
        var key = host.Deployment.AddKey();
        var id = host.Deployment.Keys.Keys.Single();

        var off = await admin.PatchAsync($"{Route}/{id}", Http.Json("""{"enabled":false}"""));
        Assert.False((await off.Body()).GetProperty("enabled").GetBoolean());
        Assert.Equal("invalid_api_key", await (await host.ClientWithKey(key).GetAsync("/api/v1/health")).ErrorCode());
        await admin.PatchAsync($"{Route}/{id}", Http.Json("""{"enabled":true}"""));
        Assert.Equal(HttpStatusCode.OK, (await host.ClientWithKey(key).GetAsync("/api/v1/health")).StatusCode);
    }

    [Theory]
    [InlineData("unknown8")]
    [InlineData("short")]
    public async Task An_unknown_key_is_not_found(string id)
    {
        await using var host = await ApiHost.Start();

        var response = await host.AdminClient().PatchAsync($"{Route}/{id}", Http.Json("""{"enabled":false}"""));

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }
}
