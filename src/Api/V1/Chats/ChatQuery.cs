using System.Reflection;
using Loopwave.Api.OpenApi;
using Loopwave.Chats;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Loopwave.Api.V1.Chats;

/// <summary>Which chats to list.</summary>
internal sealed record ChatQuery(ChatFilter Filter) : IEndpointParameterMetadataProvider
{
    private const int LongestId = 40;
    private const int LongestSearch = 100;

    public static ValueTask<ChatQuery> BindAsync(HttpContext context, ParameterInfo _)
    {
        var query = new QueryReader(context.Request);
        return ValueTask.FromResult(new ChatQuery(new ChatFilter(
            query.Word<ChatStatus>("status"),
            query.Boolean("unread"),
            query.Text("number", LongestId),
            query.Text("q", LongestSearch))));
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
    {
        builder.Metadata.Add(QueryParameter.Word<ChatStatus>("status", "Only open or only resolved chats."));
        builder.Metadata.Add(QueryParameter.Boolean("unread", "Only chats with, or only chats without unread messages."));
        builder.Metadata.Add(QueryParameter.Text("number", "Only chats of this number.", LongestId));
        builder.Metadata.Add(QueryParameter.Text("q", "Words of the chat's name, or digits of its phone.", LongestSearch));
    }
}

/// <summary>Which of a customer's chats is meant, where the path names the customer and not a chat.</summary>
internal sealed record OnNumberQuery(string? Number) : IEndpointParameterMetadataProvider
{
    private const int LongestId = 40;

    public static ValueTask<OnNumberQuery> BindAsync(HttpContext context, ParameterInfo _) =>
        ValueTask.FromResult(new OnNumberQuery(new QueryReader(context.Request).Text("number", LongestId)));

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(QueryParameter.Text("number",
            "Where the path holds a jid or digits: the chat on this number. Otherwise the most recently active one.", LongestId));
}
