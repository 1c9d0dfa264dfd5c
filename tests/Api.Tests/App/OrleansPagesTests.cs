using System.Net;
using Loopwave.Api.Auth;
using Loopwave.Team;
using Loopwave.Testing.Api;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Loopwave.Api.Tests.App;

/// <summary>Orleans' dashboard is there for admins alone, where the operator wants it.</summary>
public sealed class OrleansPagesTests(OrleansPagesTests.Hosts hosts) : IClassFixture<OrleansPagesTests.Hosts>
{
    private const string Root = "/api/app/cluster/orleans";

    public static TheoryData<string> Addresses => ["", "/", "/index.html", "/index.min.js", "/DashboardCounters", "/GrainState?grainId=1", "/Trace", "/fonts/fa-solid-900.woff2"];

    [Theory]
    [MemberData(nameof(Addresses))]
    public async Task It_is_not_there_unless_it_is_wanted(string address)
    {
        var response = await hosts.Off.AdminClient().GetAsync(Root + address);

        Assert.Equal((HttpStatusCode.NotFound, "not_found"), (response.StatusCode, await response.ErrorCode()));
    }

    [Theory]
    [MemberData(nameof(Addresses))]
    public async Task Only_admins_are_let_in(string address)
    {
        var host = hosts.On;
        var agent = host.Client();
        agent.DefaultRequestHeaders.Add("Cookie", "lw=" + host.Deployment.AddSession(Role.Agent));

        Assert.Equal((HttpStatusCode.Unauthorized, "unauthorized"), await Refused(host.Client()));
        Assert.Equal((HttpStatusCode.Unauthorized, "unauthorized"), await Refused(host.ClientWith()));
        Assert.Equal((HttpStatusCode.Forbidden, "forbidden"), await Refused(agent));

        async Task<(HttpStatusCode, string)> Refused(HttpClient client)
        {
            var response = await client.GetAsync(Root + address);
            return (response.StatusCode, await response.ErrorCode());
        }
    }

    [Fact]
    public void Every_route_of_it_is_for_admins_and_begins_with_its_address()
    {
        var added = Routes(hosts.On).ExceptBy(Routes(hosts.Off).Select(route => route.RoutePattern.RawText), route => route.RoutePattern.RawText).ToList();

        Assert.True(added.Count > 15);
        Assert.All(added, route => Assert.StartsWith(Root, route.RoutePattern.RawText, StringComparison.Ordinal));
        Assert.All(added, route => Assert.Equal(new AccessPolicy.SignedIn(Role.Admin), route.Metadata.GetOrderedMetadata<AccessPolicy>().Distinct().Single()));
    }

    [Fact]
    public async Task An_admin_gets_a_page_that_may_load_nothing_from_elsewhere()
    {
        var admin = hosts.On.AdminClient();

        var page = await admin.GetAsync(Root + "/");
        var script = await admin.GetAsync(Root + "/index.min.js");
        var style = await admin.GetAsync(Root + "/index.css");

        Assert.Equal((HttpStatusCode.OK, "text/html"), (page.StatusCode, page.Content.Headers.ContentType?.MediaType));
        Assert.Contains("src=\"./index.min.js\"", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.OK, "text/javascript"), (script.StatusCode, script.Content.Headers.ContentType?.MediaType));
        Assert.Equal((HttpStatusCode.OK, "text/css"), (style.StatusCode, style.Content.Headers.ContentType?.MediaType));
        Assert.All([page, script, style], answer => Assert.Matches("^default-src 'none'; script-src 'self'; [^:*]*data:[^:*]*data:[^:*]*$", answer.Header("Content-Security-Policy")));
        Assert.Equal("", (await admin.GetAsync("/api/app/cluster")).Header("Content-Security-Policy"));
    }

    [Theory]
    [InlineData("/GrainState?grainId=n_1&grainType=Loopwave.Numbers.NumberGrain")]
    [InlineData("/grainstate?grainId=n_1&grainType=Loopwave.Numbers.NumberGrain")]
    [InlineData("/Trace")]
    public async Task What_grains_hold_and_the_log_are_shown_to_nobody(string address)
    {
        var response = await hosts.On.AdminClient().GetAsync(Root + address);

        Assert.Equal((HttpStatusCode.NotFound, "not_found"), (response.StatusCode, await response.ErrorCode()));
    }

    private static IEnumerable<RouteEndpoint> Routes(ApiHost host) => host.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>();

    /// <summary>One host without it and one with it, for all tests: it packs its files when it starts.</summary>
    public sealed class Hosts : IAsyncLifetime
    {
        public ApiHost Off { get; private set; } = null!;

        public ApiHost On { get; private set; } = null!;

        public async ValueTask InitializeAsync() => (Off, On) = (await ApiHost.Start(), await ApiHost.Start(orleansDashboard: true));

        public async ValueTask DisposeAsync()
        {
            await Off.DisposeAsync();
            await On.DisposeAsync();
        }
    }
}
