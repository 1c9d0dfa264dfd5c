using System.Net;
using Loopwave.Testing.Api;
using Xunit;

namespace Loopwave.Api.Tests.Auth;

public sealed class KeyTests
{
    private const string Route = "/api/v1/numbers";

    [Theory]
    [InlineData("Bearer")]
    [InlineData("bearer")]
    [InlineData("BEARER")]
    public async Task A_key_is_taken_from_Authorization_whatever_the_case_of_Bearer(string scheme)
    {
        await using var host = await ApiHost.Start();
        var client = host.Client();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"{scheme} {host.Deployment.AddKey()}");

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(Route)).StatusCode);
    }

    [Fact]
    public async Task A_key_is_taken_from_X_API_Key()
    {
        await using var host = await ApiHost.Start();
        var client = host.Client();
        client.DefaultRequestHeaders.Add("X-API-Key", host.Deployment.AddKey());

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(Route)).StatusCode);
    }

    [Fact]
    public async Task Both_headers_may_hold_the_same_key_but_not_two_keys()
    {
        await using var host = await ApiHost.Start();
        var key = host.Deployment.AddKey();
        var same = host.ClientWithKey(key);
        same.DefaultRequestHeaders.Add("X-API-Key", key);
        var differing = host.ClientWithKey(key);
        differing.DefaultRequestHeaders.Add("X-API-Key", host.Deployment.AddKey());

        Assert.Equal(HttpStatusCode.OK, (await same.GetAsync(Route)).StatusCode);
        var refused = await differing.GetAsync(Route);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal("invalid_api_key", await refused.ErrorCode());
    }

    [Fact]
    public async Task A_missing_malformed_unknown_or_disabled_key_is_refused_without_details()
    {
        await using var host = await ApiHost.Start();
        var known = host.Deployment.AddKey();
        var typo = known[..20] + (known[20] == 'a' ? 'b' : 'a') + known[21..];
        var disabled = host.Deployment.AddKey();
        host.Deployment.Keys.Values.Last(key => disabled.Contains(key.View().Id, StringComparison.Ordinal)).Enabled = false;
        var unknown = ApiKeys.ApiKeyText.New(test: false).Text;

        var bodies = new HashSet<string>();
        foreach (var key in new[] { "", "lw_live_short", typo, unknown, disabled, known + "x", "lw_test_" + known[8..] })
        {
            var client = host.Client();
            client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", "Bearer " + key);
            var response = await client.GetAsync(Route);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
            Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
            bodies.Add(await response.Content.ReadAsStringAsync());
        }

        bodies.Add(await (await host.Client().GetAsync(Route)).Content.ReadAsStringAsync());
        Assert.Equal("""{"error":"invalid_api_key","message":"The API key is missing or not valid."}""", Assert.Single(bodies));
    }

    [Fact]
    public async Task A_key_in_the_query_string_is_not_taken()
    {
        await using var host = await ApiHost.Start();

        var response = await host.Client().GetAsync($"{Route}?api_key={host.Deployment.AddKey()}");

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    public async Task An_unauthorized_request_carries_no_rate_headers_and_counts_for_nobody()
    {
        await using var host = await ApiHost.Start();

        var response = await host.Client().GetAsync(Route);

        Assert.DoesNotContain(response.Headers, header => header.Key.Contains("RateLimit", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_test_key_asks_for_sandbox_numbers_only_and_a_number_list_is_passed_on()
    {
        await using var host = await ApiHost.Start();
        var whatsapp = host.Deployment.AddNumber(EngineKind.WhatsApp);
        var sandbox = host.Deployment.AddNumber();
        var test = host.ClientWithKey(host.Deployment.AddKey(test: true));
        var listed = host.ClientWithKey(host.Deployment.AddKey(numbers: [whatsapp.Id]));

        Assert.Equal(HttpStatusCode.NotFound, (await test.PostAsync($"{Route}/{whatsapp.Id}/reconnect", null)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await test.PostAsync($"{Route}/{sandbox.Id}/reconnect", null)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await listed.DeleteAsync($"{Route}/{sandbox.Id}")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await listed.DeleteAsync($"{Route}/{whatsapp.Id}")).StatusCode);
        Assert.Single((await (await listed.GetAsync(Route)).Body()).GetProperty("data").EnumerateArray());
    }
}
