using System.Text.Json;
using System.Text.Json.Nodes;
using Loopwave.Api.V1;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Loopwave.Api.OpenApi;

/// <summary>What the types of requests and answers promise beyond what is written on them.</summary>
internal static class SchemaRules
{
    public static Task Apply(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken _)
    {
        var type = context.JsonTypeInfo.Type;
        if (schema.Properties is { Count: > 0 } properties && !BodyRules.IsBody(type))
        {
            // Answers hold every field, always, and may hold more tomorrow. Unknown fields are refused on writes only.
            schema.Required = properties.Keys.ToHashSet();
            schema.AdditionalPropertiesAllowed = true;
            schema.AdditionalProperties = null;
        }

        if (type == typeof(DateTimeOffset))
        {
            // Our converter writes times; the generator can't look into it.
            schema.Type = JsonSchemaType.String;
        }
        else if (type == typeof(DateTimeOffset?))
        {
            schema.Type = JsonSchemaType.String | JsonSchemaType.Null;
        }
        else if (type.IsEnum)
        {
            schema.Type = JsonSchemaType.String;
            schema.Enum = WordsOf(type);
        }
        else if (Nullable.GetUnderlyingType(type) is { IsEnum: true } word)
        {
            schema.Enum = [.. WordsOf(word), JsonNullSentinel.JsonNull];
        }

        // A value that is only read is never null because somebody might set it so.
        if (context.JsonPropertyInfo is { Set: null, IsGetNullable: false } && schema.Type is { } with)
        {
            schema.Type = with & ~JsonSchemaType.Null;
        }

        if (Examples.Of(type) is { } example)
        {
            schema.Examples = [example];
        }

        return Task.CompletedTask;
    }

    private static List<JsonNode> WordsOf(Type type) =>
        [.. Enum.GetValues(type).Cast<object>().Select(value => JsonSerializer.SerializeToNode(value, type, PublicJson.Options)!)];
}
