using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Loopwave.Cluster;
using Xunit;

namespace Loopwave.Telemetry;

/// <summary>A message over real processes and the simulated network, for tests of what is told of it.</summary>
internal static class SandboxSend
{
    public const string Phone = "919811111111";
    public const string Text = "What nobody else reads";

    /// <summary>A setting of the processes: numbers link at once.</summary>
    public static readonly KeyValuePair<string, string?> LinksAtOnce = new("Sandbox__LinkDelay", "00:00:00");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Creates a number and waits until it is ready; its id.</summary>
    public static async Task<string> ReadyNumber(HttpClient client)
    {
        using var created = await client.PostAsJsonAsync("/api/v1/numbers", new { label = "Line", engine = "sandbox" }, Token);
        var number = await Id(created);
        await Eventually(async () => await StatusOf(client, $"/api/v1/numbers/{number}") == "ready");
        return number;
    }

    /// <summary>Has a message accepted; its id.</summary>
    public static async Task<string> Send(HttpClient client, string number, string? whenOffline = null)
    {
        using var sent = await client.PostAsJsonAsync("/api/v1/messages", new { from = number, to = Phone, text = Text, whenOffline }, Token);
        Assert.Equal(HttpStatusCode.Accepted, sent.StatusCode);
        return await Id(sent);
    }

    /// <summary>Starts or stops a number, as soon as one silo has it: while it moves, callers are told to come again.</summary>
    public static Task Want(HttpClient client, string number, string state) => Eventually(async () =>
    {
        using var answer = await client.PutAsJsonAsync($"/api/v1/numbers/{number}/desired", new { state }, Token);
        return answer.StatusCode is HttpStatusCode.OK;
    });

    public static async Task<string> StatusOf(HttpClient client, string address) =>
        (await client.GetFromJsonAsync<JsonObject>(address, Token))!["status"]!.GetValue<string>();

    public static async Task Eventually(Func<Task<bool>> isSo)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(60), "Waited a minute.");
            await RealTime.Pass(TimeSpan.FromMilliseconds(100));
        }
    }

    private static async Task<string> Id(HttpResponseMessage answer) => (await answer.Content.ReadFromJsonAsync<JsonObject>(Token))!["id"]!.GetValue<string>();
}
