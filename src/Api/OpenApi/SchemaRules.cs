using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Loopwave.Api.OpenApi;

/// <summary>What the types of requests and answers promise beyond what is written on them.</summary>
internal static class SchemaRules
{
    public static Task Apply(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken _)
    {
        var type = context.JsonTypeInfo.Type;
        if (schema.Properties is { Count: > 0 } properties && !IsBody(type))
        {
            // Answers hold every field, always, and may hold more tomorrow.
            schema.Required = properties.Keys.ToHashSet();
            schema.AdditionalPropertiesAllowed = true;
            schema.AdditionalProperties = null;
        }

        return Task.CompletedTask;
    }

    // Unknown fields are refused on writes only.
    private static bool IsBody(Type type) => type.Name.EndsWith("Body", StringComparison.Ordinal);
}
