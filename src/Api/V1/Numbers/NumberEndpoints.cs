using Loopwave.Api.Auth;
using Loopwave.Api.Errors;
using Loopwave.Api.OpenApi;
using Loopwave.ApiKeys;
using Loopwave.Numbers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Loopwave.Api.V1.Numbers;

internal static class NumberEndpoints
{
    public static void MapNumbers(this RouteGroupBuilder v1)
    {
        var numbers = v1.MapGroup("/numbers").WithTags("Numbers");
        numbers.MapPost("", Create).AllowScopes(ApiScopes.NumbersWrite).Says("Create a number",
            "A sandbox number links by itself; a WhatsApp number waits to be linked.")
            .Refuses(RefusalCode.NumberNotAllowed, RefusalCode.IdempotencyConflict, RefusalCode.IdempotencyMismatch);
        numbers.MapGet("", List).AllowScopes(ApiScopes.NumbersRead, ApiScopes.MessagesWrite)
            .Says("List numbers", "Oldest first.").Refuses(RefusalCode.InvalidCursor);
        numbers.MapGet("/{id}", Get).AllowScopes(ApiScopes.NumbersRead, ApiScopes.MessagesWrite)
            .Says("Get a number", "With its last 200 changes of status, newest first.").Refuses(RefusalCode.UnknownNumber);

        var number = numbers.MapGroup("/{id}").AddEndpointFilter(NumberSight.Check).AllowScopes(ApiScopes.NumbersWrite);
        number.MapPatch("", Update).Says("Change a number's label, tags or proxy", "Another proxy has a connected number connect again.").Refuses(RefusalCode.UnknownNumber);
        number.MapDelete("", Unlink).Says("Unlink a number",
            "Logs out at WhatsApp, connecting for it if need be, and wipes the credentials. Messages that wait to be sent fail with "
            + "number_removed. Chats, messages and media stay readable.")
            .Refuses(RefusalCode.UnknownNumber);
        number.MapPost("/link", Link).Says("Start linking a phone", "Or start anew, in place of the code on screen.")
            .Refuses(RefusalCode.UnknownNumber, RefusalCode.AlreadyLinked);
        number.MapGet("/link", GetLink).Says("Get the code on screen", "Codes refresh by themselves until the attempt ends.")
            .Refuses(RefusalCode.UnknownNumber, RefusalCode.NotLinking);
        number.MapPut("/desired", SetDesired).Says("Start or stop a number",
            "What is wanted is kept and restored after every restart; stopping keeps the credentials.")
            .Refuses(RefusalCode.UnknownNumber, RefusalCode.NumberRemoved);
        number.MapPost("/reconnect", Reconnect).Says("Connect again now", "Whatever the number was waiting for.")
            .Refuses(RefusalCode.UnknownNumber, RefusalCode.NumberRemoved, RefusalCode.NoReadySession, RefusalCode.Conflict);
        number.MapPost("/history", SyncHistory).Says("Ask the phone for older messages", "Progress shows on the number.")
            .Refuses(RefusalCode.UnknownNumber, RefusalCode.NoReadySession, RefusalCode.NotFound, RefusalCode.Conflict);
    }

    private static async Task<Results<Created<NumberView>, ErrorResult>> Create(
        NewNumberBody body, Caller caller, HttpRequest request, ClusterGrains grains)
    {
        var created = await grains.Numbers(numbers => numbers.Create(new NewNumber(
            body.Label, body.Engine, caller.Access, Idempotency.KeyOf(request, caller, body),
            body.Proxy is { } proxy ? new ProxyUpdate(proxy) : null)));
        return created.To(number => TypedResults.Created($"/api/v1/numbers/{number.Id}", number));
    }

    private static async Task<Results<Ok<Page<NumberView>>, ErrorResult>> List(
        NumberQuery filter, PageQuery page, Caller caller, ClusterGrains grains) =>
        (await grains.Numbers(numbers => numbers.List(filter.Status, page.Request, caller.Access))).ToOk();

    private static async Task<Results<Ok<NumberDetails>, ErrorResult>> Get(string id, Caller caller, ClusterGrains grains) =>
        (await grains.Numbers(numbers => numbers.Get(id, caller.Access))).ToOk();

    private static async Task<Results<Ok<NumberView>, ErrorResult>> Update(
        string id, NumberPatchBody body, ClusterGrains grains) =>
        (await grains.Numbers(numbers => numbers.Update(id, new NumberUpdate(body.Label, body.Tags, body.ProxyUpdate)))).ToOk();

    private static async Task<Results<Ok<NumberView>, ErrorResult>> Unlink(string id, ClusterGrains grains) =>
        (await grains.Numbers(numbers => numbers.Unlink(id))).ToOk();

    private static async Task<Results<Ok<LinkAnswer>, ErrorResult>> Link(string id, LinkBody body, ClusterGrains grains) =>
        (await grains.Numbers(numbers => numbers.Link(id, new LinkRequest(body.Method, body.Phone, body.Replace))))
            .To(link => TypedResults.Ok(LinkAnswer.From(link)));

    private static async Task<Results<Ok<LinkAnswer>, ErrorResult>> GetLink(string id, ClusterGrains grains) =>
        (await grains.Numbers(numbers => numbers.GetLink(id))).To(link => TypedResults.Ok(LinkAnswer.From(link)));

    private static async Task<Results<Ok<NumberView>, ErrorResult>> SetDesired(
        string id, DesiredBody body, ClusterGrains grains) =>
        (await grains.Numbers(numbers => numbers.SetDesired(id, body.State))).ToOk();

    private static async Task<Results<Ok<NumberView>, ErrorResult>> Reconnect(string id, ClusterGrains grains) =>
        (await grains.Numbers(numbers => numbers.Reconnect(id))).ToOk();

    private static async Task<Results<Accepted<NumberView>, ErrorResult>> SyncHistory(
        string id, HistoryBody? body, Caller caller, ClusterGrains grains)
    {
        var chat = body?.ChatId;
        if (chat is not null)
        {
            // The number knows its chats by their ids; callers may also name one by jid or digits.
            var found = await grains.Chats(chats => chats.Get(chat, number: id, caller.Access));
            if (found.Refusal is { } refusal)
            {
                return new ErrorResult(refusal);
            }

            chat = found.Value!.Id;
        }

        return (await grains.Numbers(numbers => numbers.SyncHistory(id, new HistoryRequest(chat))))
            .To(number => TypedResults.Accepted($"/api/v1/numbers/{id}", number));
    }
}
