using Loopwave.Api.Auth;
using Loopwave.Api.Errors;
using Loopwave.Api.OpenApi;
using Loopwave.ApiKeys;
using Loopwave.Chats;
using Loopwave.Messages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Loopwave.Api.V1.Chats;

/// <summary>In these paths a chat is named by its id (<c>c_…</c>), by its WhatsApp chat id, or by digits.</summary>
internal static class ChatEndpoints
{
    public static void MapChats(this RouteGroupBuilder v1)
    {
        var chats = v1.MapGroup("/chats").WithTags("Chats");
        chats.MapGet("", List).AllowScopes(ApiScopes.ChatsRead)
            .Says("List chats", "Last message first.").Refuses(RefusalCode.InvalidCursor);
        chats.MapGet("/{id}", Get).AllowScopes(ApiScopes.ChatsRead)
            .Says("Get a chat", "With who writes in it at this moment: null when nobody does, or when WhatsApp doesn't tell.")
            .Refuses(RefusalCode.NotFound);
        chats.MapGet("/{id}/messages", ListMessages).AllowScopes(ApiScopes.ChatsRead)
            .Says("List a chat's messages", "Newest first.").Refuses(RefusalCode.InvalidCursor, RefusalCode.NotFound);
        chats.MapPost("/{id}/read", MarkRead).AllowScopes(ApiScopes.MessagesWrite)
            .Says("Mark a chat read", "For the whole team; tells the sender where the setting says so.")
            .Refuses(RefusalCode.NotFound);
        chats.MapPost("/{id}/typing", SetTyping).AllowScopes(ApiScopes.MessagesWrite)
            .Says("Show that we write", "Now or not at all: nothing of it is queued, kept or counted. At most 5 in a chat and 30 of a number "
                + "within 10 seconds; beyond that 429 rate_limited.")
            .Refuses(RefusalCode.NotFound, RefusalCode.NoReadySession, RefusalCode.RateLimited);
    }

    private static async Task<Results<Ok<Page<ChatView>>, ErrorResult>> List(
        ChatQuery query, PageQuery page, Caller caller, ClusterGrains grains) =>
        (await grains.Chats(chats => chats.List(query.Filter, page.Request, caller.Access))).ToOk();

    private static async Task<Results<Ok<ChatDetails>, ErrorResult>> Get(
        string id, OnNumberQuery on, Caller caller, ClusterGrains grains) =>
        (await grains.Chats(chats => chats.GetDetails(id, on.Number, caller.Access))).ToOk();

    private static async Task<Results<Ok<Page<MessageView>>, ErrorResult>> ListMessages(
        string id, OnNumberQuery on, PageQuery page, Caller caller, ClusterGrains grains)
    {
        var chat = await OnNumber(id, on, caller, grains);
        return chat.Refusal is { } refusal
            ? new ErrorResult(refusal)
            : (await grains.Messages(messages => messages.List(chat.Value!, page.Request, caller.Access))).ToOk();
    }

    private static async Task<Results<Ok<ChatView>, ErrorResult>> MarkRead(
        string id, OnNumberQuery on, Caller caller, ClusterGrains grains)
    {
        var chat = await OnNumber(id, on, caller, grains);
        return chat.Refusal is { } refusal
            ? new ErrorResult(refusal)
            : (await grains.Chats(chats => chats.MarkRead(chat.Value!, caller.Access))).ToOk();
    }

    private static async Task<Results<NoContent, ErrorResult>> SetTyping(
        string id, OnNumberQuery on, TypingBody body, Caller caller, ClusterGrains grains)
    {
        var chat = await OnNumber(id, on, caller, grains);
        return chat.Refusal is { } refusal
            ? new ErrorResult(refusal)
            : (await grains.Chats(chats => chats.SetPresence(chat.Value!, body.State, caller.Access))).To(_ => TypedResults.NoContent());
    }

    /// <summary>The chat as the path names it, or, where a number decides which one is meant, that chat's id.</summary>
    private static async Task<Outcome<string>> OnNumber(string id, OnNumberQuery on, Caller caller, ClusterGrains grains)
    {
        if (on.Number is null)
        {
            return id;
        }

        var found = await grains.Chats(chats => chats.Get(id, on.Number, caller.Access));
        return found.Refusal is { } refusal ? refusal : found.Value!.Id;
    }
}
