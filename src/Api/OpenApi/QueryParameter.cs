using System.Globalization;
using System.Text.Json.Nodes;
using Loopwave.Api.V1;
using Microsoft.OpenApi;

namespace Loopwave.Api.OpenApi;

/// <summary>A query parameter that a binder of ours reads, for the description of the API.</summary>
internal sealed record QueryParameter(string Name, string Description, OpenApiSchema Schema)
{
    public static QueryParameter Text(string name, string description, int longest) =>
        new(name, description, new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = longest });

    public static QueryParameter Time(string name, string description) =>
        new(name, description, new OpenApiSchema { Type = JsonSchemaType.String, Format = "date-time" });

    public static QueryParameter Boolean(string name, string description) =>
        new(name, description, new OpenApiSchema { Type = JsonSchemaType.Boolean });

    public static QueryParameter Integer(string name, string description, int smallest, int largest, int standard) =>
        new(name, description, new OpenApiSchema
        {
            Type = JsonSchemaType.Integer,
            Format = "int32",
            Minimum = smallest.ToString(CultureInfo.InvariantCulture),
            Maximum = largest.ToString(CultureInfo.InvariantCulture),
            Default = JsonValue.Create(standard),
        });

    public static QueryParameter Word<T>(string name, string description)
        where T : struct, Enum =>
        new(name, description, new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Enum = [.. Enum.GetValues<T>().Select(value => (JsonNode)Words.Of(value)!)],
        });
}
