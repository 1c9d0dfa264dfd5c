using Microsoft.OpenApi;

namespace Loopwave.Api.OpenApi;

/// <summary>Describes the bodies and answers that are files.</summary>
internal static class OperationFiles
{
    public static void Add(OpenApiOperation operation, IList<object> route)
    {
        if (route.OfType<FileBody>().Any())
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    ["multipart/form-data"] = new OpenApiMediaType
                    {
                        Schema = new OpenApiSchema
                        {
                            Type = JsonSchemaType.Object,
                            Required = new HashSet<string> { "file" },
                            Properties = new Dictionary<string, IOpenApiSchema> { ["file"] = Binary() },
                        },
                    },
                    ["*/*"] = new OpenApiMediaType { Schema = Binary() },
                },
            };
        }

        if (route.OfType<FileAnswer>().Any())
        {
            operation.Responses ??= [];
            operation.Responses["200"] = new OpenApiResponse
            {
                Description = "The file.",
                Content = new Dictionary<string, OpenApiMediaType> { ["*/*"] = new OpenApiMediaType { Schema = Binary() } },
            };
            operation.Responses["206"] = new OpenApiResponse
            {
                Description = "The range asked for.",
                Content = new Dictionary<string, OpenApiMediaType> { ["*/*"] = new OpenApiMediaType { Schema = Binary() } },
            };
        }
    }

    private static OpenApiSchema Binary() => new() { Type = JsonSchemaType.String, Format = "binary" };
}
