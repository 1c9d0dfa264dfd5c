using System.Reflection;
using Loopwave.Api.OpenApi;
using Loopwave.Numbers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Loopwave.Api.V1.Numbers;

/// <summary>Which numbers to list.</summary>
internal sealed record NumberQuery(NumberStatus? Status) : IEndpointParameterMetadataProvider
{
    public static ValueTask<NumberQuery> BindAsync(HttpContext context, ParameterInfo _) =>
        ValueTask.FromResult(new NumberQuery(new QueryReader(context.Request).Word<NumberStatus>("status")));

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(QueryParameter.Word<NumberStatus>("status", "Only numbers with this status."));
}
