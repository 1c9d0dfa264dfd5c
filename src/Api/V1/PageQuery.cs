using System.Reflection;
using Loopwave.Api.OpenApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Loopwave.Api.V1;

/// <summary>Which page of a list is wanted: the query parameters that the lists of objects take.</summary>
internal sealed record PageQuery(PageRequest Request) : IEndpointParameterMetadataProvider
{
    public static ValueTask<PageQuery> BindAsync(HttpContext context, ParameterInfo _)
    {
        var query = new QueryReader(context.Request);
        var page = RecordQuery.Read(query) with { UpdatedAfter = query.Time("updatedAfter") };
        return ValueTask.FromResult(new PageQuery(page));
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
    {
        RecordQuery.PopulateMetadata(parameter, builder);
        builder.Metadata.Add(QueryParameter.Time("updatedAfter",
            "Only what changed after this time; the list is then sorted by updatedAt, oldest first."));
    }
}

/// <summary>Which page of a record is wanted, whose entries never change.</summary>
internal sealed record RecordQuery(PageRequest Request) : IEndpointParameterMetadataProvider
{
    private const int Most = 200;
    private const int Default = 50;
    private const int LongestCursor = 1024;

    public static ValueTask<RecordQuery> BindAsync(HttpContext context, ParameterInfo _) =>
        ValueTask.FromResult(new RecordQuery(Read(new QueryReader(context.Request))));

    public static PageRequest Read(QueryReader query) =>
        new(query.Integer("limit", 1, Most) ?? Default, query.Text("cursor", LongestCursor));

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
    {
        builder.Metadata.Add(QueryParameter.Integer("limit", "How many items at most.", 1, Most, Default));
        builder.Metadata.Add(QueryParameter.Text("cursor", "The nextCursor of the page before.", LongestCursor));
    }
}
