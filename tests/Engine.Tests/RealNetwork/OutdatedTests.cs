using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>A client version that the servers refuse. It concerns every number of a deployment, so this one is alone in its own.</summary>
public sealed class OutdatedTests : IAsyncLifetime
{
    private const string Version = "2.3000.1043857761";

    // Between two tries; the real value would make the test minutes long. A try that was admitted takes its time to arrive.
    private static readonly TimeSpan TryEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(2);

    private readonly Deployment _deployment = new()
    {
        Settings = { ["WA_VERSION"] = Version, ["Numbers__VersionRetryInterval"] = $"{TryEvery}" },
    };

    public ValueTask InitializeAsync() => _deployment.InitializeAsync();

    public ValueTask DisposeAsync() => _deployment.DisposeAsync();

    [Fact]
    public async Task A_client_version_that_is_refused_is_shown_and_one_number_at_a_time_tries_for_all_until_it_is_accepted()
    {
        var (first, phone) = await _deployment.LinkedNumber();
        var (second, otherPhone) = await _deployment.LinkedNumber();
        var person = await _deployment.Person();
        var before = (await _deployment.WhatsApp.LogIns()).Count;
        await _deployment.WhatsApp.Fault(new { kind = "login-failure", phone = "all", code = 405, count = 1000 });

        await _deployment.WhatsApp.Fault(new { kind = "drop", phone });
        await _deployment.WasSeen(first, "disconnected", "client_outdated");
        var (status, engine) = await Health();
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Contains("WA_VERSION", Deployment.Text(engine["message"]), StringComparison.Ordinal);
        await Alarms(["client_outdated"]);

        // From now on a number that wants to connect asks nobody, whoever tells it to.
        await _deployment.WhatsApp.Fault(new { kind = "drop", phone = otherPhone });
        var waiting = await _deployment.Send(second, person, "waits for it");
        await Deployment.Until(
            async () =>
            {
                await Reconnect(first, second);
                return await _deployment.WhatsApp.LogIns();
            },
            logIns => logIns.Count >= before + 2);
        await _deployment.WasSeen(second, "disconnected", "client_outdated");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await Health()).Status);
        var tries = (await _deployment.WhatsApp.LogIns()).Skip(before).ToList();
        Assert.All(tries, one => Assert.Equal(405, one!["refused"]!.GetValue<int>()));
        var times = tries.Select(one => one!["at"]!.GetValue<DateTimeOffset>()).ToList();
        Assert.All(times.Zip(times.Skip(1)), pair => Assert.True(pair.Second - pair.First >= TryEvery - Slack, $"{pair}"));

        await _deployment.WhatsApp.ClearFaults();
        await Deployment.Until(
            async () =>
            {
                await Reconnect(first, second);
                return new JsonArray([.. await Task.WhenAll(Status(first), Status(second))]);
            },
            statuses => statuses.All(status => Deployment.Text(status) == "ready"));
        await _deployment.MessageIs(waiting, "delivered");
        await Alarms([]);
        Assert.Equal(HttpStatusCode.OK, (await Health()).Status);
        Assert.All(await _deployment.WhatsApp.LogIns(), one => Assert.Equal(Version, Deployment.Text(one!["version"])));
    }

    // A number that is ready stays as it is: one that reconnects at this moment would be asked to begin again.
    private async Task Reconnect(params string[] numbers)
    {
        foreach (var number in numbers)
        {
            if (Deployment.Text(await Status(number)) == "disconnected")
            {
                await _deployment.Post($"/api/v1/numbers/{number}/reconnect", new { });
            }
        }
    }

    private async Task<JsonNode?> Status(string number) => (await _deployment.Get($"/api/v1/numbers/{number}"))["status"]!.DeepClone();

    private async Task<(HttpStatusCode Status, JsonNode Engine)> Health()
    {
        using var answer = await _deployment.Process.Http.GetAsync("/api/health/ready");
        var parts = (await answer.Content.ReadFromJsonAsync<JsonObject>())!["parts"]!.AsArray();
        return (answer.StatusCode, parts.Single(part => Deployment.Text(part!["name"]) == "engine")!);
    }

    private Task Alarms(string[] codes) => Deployment.Until(
        async () => (await _deployment.Process.Http.GetFromJsonAsync<JsonObject>("/api/app/cluster"))!["alarms"]!.AsArray(),
        alarms => alarms.Select(alarm => Deployment.Text(alarm!["code"])).SequenceEqual(codes));
}
