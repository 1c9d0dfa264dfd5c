using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Loopwave.Bench;

/// <summary>The control API of the sandbox.</summary>
internal static class Sandbox
{
    public static Task Faults(Deployment deployment, string number, object faults) => Call(deployment, HttpMethod.Put, number, "faults", faults);

    public static Task Disconnect(Deployment deployment, string number, int code) => Call(deployment, HttpMethod.Post, number, "disconnect", new { code });

    public static Task Traffic(Deployment deployment, string number, int chats, double perSecond, int seconds) =>
        Call(deployment, HttpMethod.Put, number, "traffic", new { chats, perSecond, seconds });

    public static async Task Status(Deployment deployment, string number, string status)
    {
        while ((await deployment.Number(number))["status"]!.GetValue<string>() != status)
        {
            await Pause.For(TimeSpan.FromMilliseconds(50));
        }
    }

    /// <summary>From being written by a customer to being stored and acknowledged, for up to 200 messages of a number.</summary>
    public static async Task<List<TimeSpan>> InboundLatencies(Deployment deployment, string number)
    {
        var page = (await deployment.Client.GetFromJsonAsync<JsonObject>($"/api/v1/numbers/{number}/sandbox/inbound?limit=200"))!;
        return
        [
            .. from message in page["data"]!.AsArray()
               where message!["acknowledgedAt"] is not null
               select message["acknowledgedAt"]!.GetValue<DateTimeOffset>() - message["at"]!.GetValue<DateTimeOffset>(),
        ];
    }

    private static async Task Call(Deployment deployment, HttpMethod method, string number, string what, object body)
    {
        using var request = new HttpRequestMessage(method, $"/api/v1/numbers/{number}/sandbox/{what}") { Content = JsonContent.Create(body) };
        using var answer = await deployment.Client.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }
}
