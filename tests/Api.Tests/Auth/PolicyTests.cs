using Loopwave.Api.Auth;
using Loopwave.Testing.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Loopwave.Api.Tests.Auth;

public sealed class PolicyTests
{
    [Fact]
    public async Task Every_route_says_who_may_use_it_and_only_these_are_open()
    {
        await using var host = await ApiHost.Start();
        var routes = host.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().ToArray();

        var open = new List<string>();
        foreach (var route in routes)
        {
            var policy = route.Metadata.GetMetadata<AccessPolicy>();
            Assert.NotNull(policy);
            if (policy is AccessPolicy.Anybody or AccessPolicy.SignInForm)
            {
                open.Add($"{string.Join(",", route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods)} {route.RoutePattern.RawText}");
            }
        }

        Assert.Equal(
            [
                "GET /api/app/set-up", "GET /api/health", "GET /api/health/ready", "GET /api/openapi/{documentName}.json",
                "GET /api/version", "POST /api/app/session", "POST /api/app/set-up",
            ],
            open.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_route_under_api_without_a_policy_lets_nobody_in()
    {
        await using var host = await ApiHost.Start(map: app => app.MapGet("/api/forgotten", () => "secret"));

        var response = await host.Client().GetAsync("/api/forgotten");

        Assert.Equal("internal_error", await response.ErrorCode());
    }

    [Fact]
    public async Task A_route_outside_api_is_none_of_our_business()
    {
        await using var host = await ApiHost.Start(map: app => app.MapGet("/page", () => "hello"));

        Assert.Equal("hello", await host.Client().GetStringAsync("/page"));
    }
}
