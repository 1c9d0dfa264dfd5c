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
            .Refuses(RefusalCode.NumberNotAllowed, RefusalCode.UnknownNumber, RefusalCode.NoReadySession,
                RefusalCode.IdempotencyConflict, RefusalCode.IdempotencyMismatch, RefusalCode.MediaUnavailable,
                RefusalCode.QueueFull);
        messages.MapGet("/{id}", Get)
            .AllowScopes(ApiScopes.MessagesWrite, ApiScopes.MessagesRead, ApiScopes.ChatsRead)
            .Says("Get a message", "With every status it went through, oldest first.").Refuses(RefusalCode.NotFound);

        var message = messages.MapGroup("/{id}").AllowScopes(ApiScopes.MessagesWrite);
        message.MapPatch("", Edit).Says("Edit a sent message")
            .Refuses(RefusalCode.NotFound, RefusalCode.Conflict, RefusalCode.NoReadySession);
        message.MapDelete("", Delete).Says("Take a message back",
            "On every phone; a message that still waits to be sent is cancelled instead.")
            .Refuses(RefusalCode.NotFound, RefusalCode.Conflict, RefusalCode.NoReadySession);
        message.MapPost("/reactions", React).Says("React to a message", "One reaction each; an empty emoji takes it back.")
            .Refuses(RefusalCode.NotFound, RefusalCode.Conflict, RefusalCode.NoReadySession);
    }

    private static async Task<Results<Accepted<SentMessage>, ErrorResult>> Send(
        SendBody body, Caller caller, HttpRequest request, IGrainFactory grains)
    {
        var media = await MediaOf(body.Media, grains);
        if (media.Refusal is { } refusal)
        {
            return new ErrorResult(refusal);
        }

        var sent = await grains.Messages().Send(new SendRequest
        {
            To = body.To,
            Text = body.Text,
            From = body.From,
            Media = media.Id,
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
            BodyHash = Idempotency.HashOf(body),
        });
        if (sent.Value is { Replayed: true })
        {
            request.HttpContext.Response.Headers[Idempotency.ReplayedHeader] = "true";
        }

        return sent.To(answer => TypedResults.Accepted($"/api/v1/messages/{answer.Message.Id}", answer.Message));
    }

    private static async Task<Results<Ok<MessageDetails>, ErrorResult>> Get(string id, Caller caller, IGrainFactory grains) =>
        (await grains.Messages().Get(id, caller.Access)).ToOk();

    private static async Task<Results<Ok<MessageView>, ErrorResult>> React(
        string id, ReactionBody body, Caller caller, IGrainFactory grains) =>
        (await grains.Messages().React(id, body.Emoji, caller.Author, caller.Access)).ToOk();

    private static async Task<Results<Ok<MessageView>, ErrorResult>> Edit(
        string id, MessagePatchBody body, Caller caller, IGrainFactory grains) =>
        (await grains.Messages().Edit(id, body.Text, caller.Author, caller.Access)).ToOk();

    private static async Task<Results<Ok<MessageView>, ErrorResult>> Delete(string id, Caller caller, IGrainFactory grains) =>
        (await grains.Messages().Delete(id, caller.Author, caller.Access)).ToOk();

    /// <summary>The file to send: none, an uploaded one, or one fetched now.</summary>
    private static async Task<(string? Id, Refusal? Refusal)> MediaOf(MediaBody? media, IGrainFactory grains)
    {
        switch (media)
        {
            case null:
                return (null, null);
            case { Id: { } id, Url: null }:
                return (id, null);
            case { Id: null, Url: { } url }:
                var fetched = await grains.Media().Import(url, media.FileName);
                return (fetched.Value?.Id, fetched.Refusal);
            default:
                return (null, new Refusal(RefusalCode.InvalidInput, "'media' needs either an id or a url, not both."));
        }
    }
}
