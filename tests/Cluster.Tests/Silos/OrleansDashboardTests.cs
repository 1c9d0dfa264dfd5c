using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Loopwave.Processes;
using Loopwave.Telemetry;
using Xunit;

namespace Loopwave.Cluster;

/// <summary>Orleans' dashboard over real processes: what an admin is shown there comes from the silos, which have no page of their own.</summary>
public sealed class OrleansDashboardTests
{
    private const string Root = "/api/app/cluster/orleans/";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_API_node_shows_an_admin_the_calls_of_the_silos()
    {
        await using var deployment = await ClusterDeployment.Create();
        deployment.Settings["ORLEANS_DASHBOARD"] = "true";
        deployment.Settings[SandboxSend.LinksAtOnce.Key] = SandboxSend.LinksAtOnce.Value;
        var silos = await Task.WhenAll(deployment.StartSilo(1), deployment.StartSilo(2));
        var api = await deployment.StartApi(1);

        Assert.Equal(HttpStatusCode.Unauthorized, await Status(api));
        await ShowsCalls(api, silos.Length);
        Assert.All(await Task.WhenAll(silos.Select(Status)), status => Assert.Equal(HttpStatusCode.NotFound, status));
    }

    [Fact]
    public async Task Standalone_shows_it_too_and_only_where_it_is_wanted()
    {
        await using var deployment = new LoopwaveDeployment { Settings = { [SandboxSend.LinksAtOnce.Key] = SandboxSend.LinksAtOnce.Value } };
        var without = await deployment.Start();
        await without.SignIn();
        Assert.Equal(HttpStatusCode.NotFound, await Status(without));
        await without.Stop();

        deployment.Settings["ORLEANS_DASHBOARD"] = "true";
        var process = await deployment.Start();
        Assert.Equal(HttpStatusCode.Unauthorized, await Status(process));
        await ShowsCalls(process, silos: 1);
    }

    // Calls are timed while somebody looks, so the message is sent again until it is seen.
    private static async Task ShowsCalls(LoopwaveProcess process, int silos)
    {
        using var client = await process.ApiClient();
        Assert.Equal(HttpStatusCode.OK, await Status(process));
        var number = await SandboxSend.ReadyNumber(client);
        await SandboxSend.Eventually(async () =>
        {
            var counters = (await process.Http.GetFromJsonAsync<JsonObject>(Root + "DashboardCounters", Token))!;
            await SandboxSend.Send(client, number);
            var methods = (await process.Http.GetFromJsonAsync<JsonObject>(Root + "TopGrainMethods", Token))!;
            return counters["totalActiveHostCount"]!.GetValue<int>() == silos
                && methods["calls"]!.AsArray().Any(call => call!["grain"]!.GetValue<string>().StartsWith("Loopwave.", StringComparison.Ordinal));
        });
    }

    private static async Task<HttpStatusCode> Status(LoopwaveProcess process)
    {
        using var answer = await process.Http.GetAsync(Root, Token);
        return answer.StatusCode;
    }
}
