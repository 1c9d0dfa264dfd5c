using System.Net;
using Loopwave.ApiKeys;
using Loopwave.Testing.Api;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Loopwave.Api.Tests.Auth;

public sealed class ScopeTests(SharedApiHost shared) : IClassFixture<SharedApiHost>
{
    /// <summary>Each route and the scopes of which any one is enough; none: any key.</summary>
    public static TheoryData<string, string, string[]> Routes => new()
    {
        { "GET", "/health", [] },
        { "POST", "/numbers", ["numbers:write"] },
        { "GET", "/numbers", ["numbers:read", "messages:write"] },
        { "GET", "/numbers/n1", ["numbers:read", "messages:write"] },
        { "PATCH", "/numbers/n1", ["numbers:write"] },
        { "DELETE", "/numbers/n1", ["numbers:write"] },
        { "POST", "/numbers/n1/link", ["numbers:write"] },
        { "GET", "/numbers/n1/link", ["numbers:write"] },
        { "PUT", "/numbers/n1/desired", ["numbers:write"] },
        { "POST", "/numbers/n1/reconnect", ["numbers:write"] },
        { "POST", "/numbers/n1/history", ["numbers:write"] },
        { "POST", "/messages", ["messages:write"] },
        { "GET", "/messages/m_1", ["messages:write", "messages:read", "chats:read"] },
        { "PATCH", "/messages/m_1", ["messages:write"] },
        { "DELETE", "/messages/m_1", ["messages:write"] },
        { "POST", "/messages/m_1/reactions", ["messages:write"] },
        { "GET", "/chats", ["chats:read"] },
        { "GET", "/chats/c_1", ["chats:read"] },
        { "GET", "/chats/c_1/messages", ["chats:read"] },
        { "POST", "/chats/c_1/read", ["messages:write"] },
        { "POST", "/chats/c_1/typing", ["messages:write"] },
        { "POST", "/media", ["messages:write"] },
        { "GET", "/media/f_1", ["chats:read"] },
        { "GET", "/numbers/n1/sandbox", ["numbers:write"] },
        { "POST", "/numbers/n1/sandbox/messages", ["numbers:write"] },
        { "POST", "/numbers/n1/sandbox/typing", ["numbers:write"] },
        { "POST", "/numbers/n1/sandbox/disconnect", ["numbers:write"] },
        { "PUT", "/numbers/n1/sandbox/faults", ["numbers:write"] },
        { "POST", "/numbers/n1/sandbox/scan", ["numbers:write"] },
        { "PUT", "/numbers/n1/sandbox/auto-link", ["numbers:write"] },
        { "DELETE", "/numbers/n1/sandbox/device", ["numbers:write"] },
        { "PUT", "/numbers/n1/sandbox/traffic", ["numbers:write"] },
        { "PUT", "/numbers/n1/sandbox/history", ["numbers:write"] },
        { "GET", "/numbers/n1/sandbox/sent", ["numbers:write"] },
        { "GET", "/numbers/n1/sandbox/inbound", ["numbers:write"] },
        { "GET", "/numbers/n1/sandbox/connections", ["numbers:write"] },
    };

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task A_route_takes_any_one_of_its_scopes_and_no_other(string method, string route, string[] enough)
    {
        var host = await shared.Get();
        foreach (var scope in ApiScopes.All)
        {
            var response = await host.ClientWith(scope).SendAsync(new HttpRequestMessage(new HttpMethod(method), "/api/v1" + route));
            var may = scope == ApiScopes.Everything || enough.Length == 0 || enough.Contains(scope);
            Assert.True(may == (response.StatusCode != HttpStatusCode.Forbidden), $"{scope}: {response.StatusCode}");
            if (!may)
            {
                var body = await response.Body();
                Assert.Equal("insufficient_scope", body.GetProperty("error").GetString());
                Assert.Equal($"This key lacks the scope {string.Join(" or ", enough)}.", body.GetProperty("message").GetString());
            }
        }
    }

    [Fact]
    public async Task Every_route_of_v1_is_in_the_table()
    {
        var host = await shared.Get();
        var routes = host.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Count(route => route.RoutePattern.RawText!.StartsWith("/api/v1", StringComparison.Ordinal));

        Assert.Equal(Routes.Count, routes);
    }
}
