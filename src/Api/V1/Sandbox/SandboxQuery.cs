using System.Reflection;
using Loopwave.Api.OpenApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Loopwave.Api.V1.Sandbox;

/// <summary>Which of the messages that reached the simulated servers to list.</summary>
internal sealed record SentQuery(string? Chat) : IEndpointParameterMetadataProvider
{
    private const int LongestJid = 100;

    public static ValueTask<SentQuery> BindAsync(HttpContext context, ParameterInfo _) =>
        ValueTask.FromResult(new SentQuery(new QueryReader(context.Request).Text("chat", LongestJid)));

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(QueryParameter.Text("chat", "Only this WhatsApp chat id.", LongestJid));
}
