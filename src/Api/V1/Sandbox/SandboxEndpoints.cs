using Loopwave.Api.Auth;
using Loopwave.Api.Errors;
using Loopwave.Api.OpenApi;
using Loopwave.Api.V1.Numbers;
using Loopwave.ApiKeys;
using Loopwave.Sandbox;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Loopwave.Api.V1.Sandbox;

/// <summary>
/// The hand on the simulated network of a sandbox number: plays the customers, the phone and the servers. Any other
/// number answers as if it did not exist.
/// </summary>
internal static class SandboxEndpoints
{
    public static void MapSandbox(this RouteGroupBuilder v1)
    {
        var sandbox = v1.MapGroup("/numbers/{id}/sandbox").WithTags("Sandbox")
            .AddEndpointFilter(NumberSight.Check).AllowScopes(ApiScopes.NumbersWrite);
        sandbox.MapGet("", Get).Says("See how the simulated network sees the number").Refuses(RefusalCode.UnknownNumber);
        sandbox.MapPost("/messages", Inject).Says("Let a customer write",
            "Safe when this answers, delivered when the number is connected.").HasNoAddress()
            .Refuses(RefusalCode.UnknownNumber, RefusalCode.NoReadySession, RefusalCode.QueueFull);
        sandbox.MapPost("/typing", Type).Says("Let a customer begin or stop to write",
            "Heard at once or never: nothing of it is kept.").HasNoAddress()
            .Refuses(RefusalCode.UnknownNumber, RefusalCode.NoReadySession);
        sandbox.MapPost("/disconnect", Disconnect).Says("Let the servers close the connection")
            .Refuses(RefusalCode.UnknownNumber, RefusalCode.NoReadySession);
        sandbox.MapPut("/faults", SetFaults).Says("Say what goes wrong from now on", "All at once; kept over restarts.")
            .Refuses(RefusalCode.UnknownNumber);
        sandbox.MapPost("/scan", Scan).Says("Let a phone scan the code on screen")
            .Refuses(RefusalCode.UnknownNumber, RefusalCode.NotLinking);
        sandbox.MapPut("/auto-link", SetAutoLink).Says("Say whether the phone scans codes by itself")
            .Refuses(RefusalCode.UnknownNumber);
        sandbox.MapDelete("/device", RemoveDevice).Says("Let the owner remove the linked device on the phone")
            .Refuses(RefusalCode.UnknownNumber, RefusalCode.NoReadySession);
        sandbox.MapPut("/traffic", SetTraffic).Says("Let customers write for a while", "Ends with the process.")
            .Refuses(RefusalCode.UnknownNumber, RefusalCode.NoReadySession);
        sandbox.MapPut("/history", BuildHistory).Says("Put older chats on the phone").Refuses(RefusalCode.UnknownNumber);
        sandbox.MapGet("/sent", Sent).Says("List what reached the servers",
            "In the order of first arrival, with every repeat.").Refuses(RefusalCode.UnknownNumber, RefusalCode.InvalidCursor);
        sandbox.MapGet("/inbound", Inbound).Says("List what was written to the number", "In order.")
            .Refuses(RefusalCode.UnknownNumber, RefusalCode.InvalidCursor);
        sandbox.MapGet("/connections", Connections).Says("List the number's connections", "In order.")
            .Refuses(RefusalCode.UnknownNumber, RefusalCode.InvalidCursor);
    }

    private static async Task<Results<Ok<SandboxView>, ErrorResult>> Get(string id, ClusterGrains grains) =>
        (await grains.Sandbox(sandbox => sandbox.Get(id))).ToOk();

    private static async Task<Results<Accepted<SandboxInjected>, ErrorResult>> Inject(
        string id, SandboxMessageBody body, ClusterGrains grains) =>
        (await grains.Sandbox(sandbox => sandbox.Inject(id, body.ToMessage()))).To(injected => TypedResults.Accepted((string?)null, injected));

    private static async Task<Results<Ok<SandboxView>, ErrorResult>> Type(
        string id, SandboxTypingBody body, ClusterGrains grains) =>
        (await grains.Sandbox(sandbox => sandbox.Type(id, new SandboxWriter(body.From, body.Group, body.State)))).ToOk();

    private static async Task<Results<Ok<SandboxView>, ErrorResult>> Disconnect(
        string id, DisconnectBody body, ClusterGrains grains) =>
        (await grains.Sandbox(sandbox => sandbox.Disconnect(id, body.Code, body.Until))).ToOk();

    private static async Task<Results<Ok<SandboxView>, ErrorResult>> SetFaults(string id, FaultsBody body, ClusterGrains grains) =>
        (await grains.Sandbox(sandbox => sandbox.SetFaults(id, body.ToFaults()))).ToOk();

    private static async Task<Results<Ok<SandboxView>, ErrorResult>> Scan(
        string id, ScanBody body, Caller caller, ClusterGrains grains)
    {
        // Another number's phone is only lent to those who may touch that number.
        if (body.PhoneOf is { } other && (await grains.Numbers(numbers => numbers.Get(other, caller.Access))).Refusal is { } refusal)
        {
            return new ErrorResult(refusal);
        }

        return (await grains.Sandbox(sandbox => sandbox.Scan(id, new SandboxScan(body.Phone, body.PhoneOf)))).ToOk();
    }

    private static async Task<Results<Ok<SandboxView>, ErrorResult>> SetAutoLink(
        string id, AutoLinkBody body, ClusterGrains grains) =>
        (await grains.Sandbox(sandbox => sandbox.SetAutoLink(id, body.On))).ToOk();

    private static async Task<Results<Ok<SandboxView>, ErrorResult>> RemoveDevice(string id, ClusterGrains grains) =>
        (await grains.Sandbox(sandbox => sandbox.Unlink(id))).ToOk();

    private static async Task<Results<Ok<SandboxView>, ErrorResult>> SetTraffic(
        string id, TrafficBody body, ClusterGrains grains) =>
        (await grains.Sandbox(sandbox => sandbox.SetTraffic(id, new SandboxTraffic(body.Chats, body.PerSecond, body.Seconds)))).ToOk();

    private static async Task<Results<Ok<SandboxView>, ErrorResult>> BuildHistory(
        string id, OldChatsBody body, ClusterGrains grains) =>
        (await grains.Sandbox(sandbox => sandbox.BuildHistory(id, new SandboxHistory(body.Chats, body.Messages)))).ToOk();

    private static async Task<Results<Ok<Page<SandboxSent>>, ErrorResult>> Sent(
        string id, SentQuery query, RecordQuery page, ClusterGrains grains) =>
        (await grains.Sandbox(sandbox => sandbox.Sent(id, query.Chat, page.Request))).ToOk();

    private static async Task<Results<Ok<Page<SandboxInbound>>, ErrorResult>> Inbound(
        string id, RecordQuery page, ClusterGrains grains) =>
        (await grains.Sandbox(sandbox => sandbox.Inbound(id, page.Request))).ToOk();

    private static async Task<Results<Ok<Page<SandboxConnectionView>>, ErrorResult>> Connections(
        string id, RecordQuery page, ClusterGrains grains) =>
        (await grains.Sandbox(sandbox => sandbox.Connections(id, page.Request))).ToOk();
}
