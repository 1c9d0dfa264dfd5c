using System.Reflection;
using Loopwave.Api.OpenApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Loopwave.Api.V1;

/// <summary>Which page of a list is wanted: the query parameters that every list takes.</summary>
internal sealed record PageQuery(PageRequest Request) : IEndpointParameterMetadataProvider
{
    private const int Most = 200;
    private const int Default = 50;
    private const int LongestCursor = 1024;

    public static ValueTask<PageQuery> BindAsync(HttpContext context, ParameterInfo _)
    {
        var query = new QueryReader(context.Request);
        return ValueTask.FromResult(new PageQuery(new PageRequest(
            query.Integer("limit", 1, Most) ?? Default,
            query.Text("cursor", LongestCursor),
            query.Time("updatedAfter"))));
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
    {
        builder.Metadata.Add(QueryParameter.Integer("limit", "How many items at most.", 1, Most, Default));
        builder.Metadata.Add(QueryParameter.Text("cursor", "The nextCursor of the page before.", LongestCursor));
        builder.Metadata.Add(QueryParameter.Time("updatedAfter",
            "Only what changed after this time; the list is then sorted by updatedAt, oldest first."));
    }
}
