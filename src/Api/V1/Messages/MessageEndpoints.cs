using Loopwave.Api.Auth;
using Loopwave.Api.Errors;
using Loopwave.Api.OpenApi;
using Loopwave.ApiKeys;
using Loopwave.Messages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Loopwave.Api.V1.Messages;

internal static class MessageEndpoints
{
    public static void MapMessages(this RouteGroupBuilder v1)
    {
        var messages = v1.MapGroup("/messages").WithTags("Messages");
        messages.MapPost("", Send).AllowScopes(ApiScopes.MessagesWrite).Says("Send a message",
            "Answers as soon as the message is safely accepted; what became of it is told by GET /messages/{id}. "
            + "Repeating the request with the same Idempotency-Key or clientMessageId within 24 hours sends nothing twice.")
            .Refuses(RefusalCode.NumberNotAllowed, RefusalCode.UnknownNumber, RefusalCode.NotFound, RefusalCode.NoReadySession,
                RefusalCode.IdempotencyConflict, RefusalCode.IdempotencyMismatch, RefusalCode.MediaUnavailable,
                RefusalCode.QueueFull, RefusalCode.DiskFull);
        messages.MapGet("/{id}", Get)
            .AllowScopes(ApiScopes.MessagesWrite, ApiScopes.MessagesRead, ApiScopes.ChatsRead)
            .Says("Get a message", "With every status it went through, oldest first.").Refuses(RefusalCode.NotFound);

        var message = messages.MapGroup("/{id}").AllowScopes(ApiScopes.MessagesWrite);
        message.MapPatch("", Edit).Says("Edit a sent message")
            .Refuses(RefusalCode.NotFound, RefusalCode.Conflict, RefusalCode.NoReadySession, RefusalCode.QueueFull);
        message.MapDelete("", Delete).Says("Take a message back",
            "On every phone, while its number is ready; a message that still waits to be sent is cancelled instead, whether or not it is.")
            .Refuses(RefusalCode.NotFound, RefusalCode.Conflict, RefusalCode.NoReadySession, RefusalCode.QueueFull);
        message.MapPost("/reactions", React).Says("React to a message", "One reaction each; an empty emoji takes it back.")
            .Refuses(RefusalCode.NotFound, RefusalCode.Conflict, RefusalCode.NoReadySession, RefusalCode.QueueFull);
    }

    private static async Task<Results<Accepted<SentMessage>, ErrorResult>> Send(
        SendBody body, Caller caller, HttpRequest request, ClusterGrains grains)
    {
        if (body.Media is { Id: null, Url: null } or { Id: not null, Url: not null })
        {
            return new ErrorResult(new Refusal(RefusalCode.InvalidInput, "'media' needs either an id or a url, not both."));
        }

        var send = new SendRequest
        {
            To = body.To,
            Text = body.Text,
            From = body.From,
            Media = body.Media?.Id,
            MediaUrl = body.Media?.Url,
            MediaType = body.Media?.Type?.ToMessageType(),
            FileName = body.Media?.FileName,
            ReplyTo = body.ReplyTo,
            Mentions = body.Mentions ?? [],
            Location = body.Location is { } place ? new Location(place.Latitude, place.Longitude, place.Name) : null,
            QueueWhenOffline = body.WhenOffline is WhenOffline.Queue,
            SendAt = body.SendAt,
            ClientMessageId = body.ClientMessageId,
            Author = caller.Author,
            Access = caller.Access,
            Idempotency = Idempotency.KeyOf(request, caller, body),
            BodyHash = body.ClientMessageId is null ? "" : Idempotency.HashOf(body),
        };
        var sent = send.MediaUrl is null ? await grains.Messages(messages => messages.Send(send)) : await grains.Messages(messages => messages.FetchAndSend(send));
        if (sent.Value is { Replayed: true })
        {
            request.HttpContext.Response.Headers[Idempotency.ReplayedHeader] = "true";
        }

        return sent.To(answer => TypedResults.Accepted($"/api/v1/messages/{answer.Message.Id}", answer.Message));
    }

    private static async Task<Results<Ok<MessageDetails>, ErrorResult>> Get(string id, Caller caller, ClusterGrains grains) =>
        (await grains.Messages(messages => messages.Get(id, caller.Access))).ToOk();

    private static async Task<Results<Ok<MessageView>, ErrorResult>> React(
        string id, ReactionBody body, Caller caller, ClusterGrains grains) =>
        (await grains.Messages(messages => messages.React(id, body.Emoji, caller.Author, caller.Access))).ToOk();

    private static async Task<Results<Ok<MessageView>, ErrorResult>> Edit(
        string id, MessagePatchBody body, Caller caller, ClusterGrains grains) =>
        (await grains.Messages(messages => messages.Edit(id, body.Text, caller.Author, caller.Access))).ToOk();

    private static async Task<Results<Ok<MessageView>, ErrorResult>> Delete(string id, Caller caller, ClusterGrains grains) =>
        (await grains.Messages(messages => messages.Delete(id, caller.Author, caller.Access))).ToOk();
}
