using System.Net;
using Loopwave.Deployment;
using Loopwave.Testing.Api;
using Xunit;

namespace Loopwave.Api.Tests;

public sealed class HealthTests
{
    [Fact]
    public async Task Being_alive_and_the_version_are_told_to_anybody_even_while_storage_is_away()
    {
        await using var host = await ApiHost.Start();
        host.Deployment.Failure = new StorageUnavailableException("away");

        Assert.Equal("""{"ok":true}""", await host.Client().GetStringAsync("/api/health"));
        Assert.Equal("""{"version":"1.0.0"}""", await host.Client().GetStringAsync("/api/version"));
    }

    [Fact]
    public async Task The_health_of_v1_wants_a_key()
    {
        await using var host = await ApiHost.Start();

        Assert.Equal("""{"ok":true,"version":"1.0.0"}""", await host.ClientWith("chats:read").GetStringAsync("/api/v1/health"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await host.Client().GetAsync("/api/v1/health")).StatusCode);
    }

    [Fact]
    public async Task Being_ready_names_every_part()
    {
        await using var host = await ApiHost.Start();

        Assert.Equal(
            """{"ok":true,"parts":[{"name":"cluster","ready":true,"message":null},{"name":"storage","ready":true,"message":null}]}""",
            await host.Client().GetStringAsync("/api/health/ready"));
    }

    [Fact]
    public async Task Not_being_ready_names_the_failing_part()
    {
        await using var host = await ApiHost.Start();
        host.Deployment.Health = [new("storage", Ready: false, "No room."), new("engine", Ready: true, null)];

        var response = await host.Client().GetAsync("/api/health/ready");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        var body = await response.Body();
        Assert.Equal("not_ready", body.GetProperty("error").GetString());
        Assert.Equal("Not ready: storage.", body.GetProperty("message").GetString());
        Assert.Equal("No room.", body.GetProperty("parts")[1].GetProperty("message").GetString());
    }

    [Fact]
    public async Task A_cluster_that_does_not_answer_is_a_failing_part()
    {
        await using var host = await ApiHost.Start();
        host.Deployment.Failure = new TimeoutException();

        var response = await host.Client().GetAsync("/api/health/ready");

        Assert.Equal("Not ready: cluster.", (await response.Body()).GetProperty("message").GetString());
    }
}
