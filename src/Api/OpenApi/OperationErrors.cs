using System.Globalization;
using System.Text.Json.Nodes;
using Loopwave.Api.Errors;
using Microsoft.OpenApi;

namespace Loopwave.Api.OpenApi;

/// <summary>Describes which errors a route can answer, from what it takes and what it says it refuses.</summary>
internal static class OperationErrors
{
    public const string SchemaName = "Error";

    public static void Add(OpenApiOperation operation, OpenApiDocument document, IList<object> route, bool hasScope)
    {
        var takesBody = operation.RequestBody is not null;
        var errors = new SortedDictionary<int, List<string>>();
        Note(400, "invalid_input");
        Note(401, "invalid_api_key");
        Note(429, "rate_limited");
        Note(500, "internal_error");
        Note(503, "storage_unavailable");
        Note(503, "unavailable");
        if (hasScope)
        {
            Note(403, "insufficient_scope");
        }

        if (takesBody)
        {
            Note(413, "payload_too_large");
        }

        if (takesBody && !route.OfType<FileBody>().Any())
        {
            Note(415, "unsupported_media_type");
        }

        foreach (var code in route.OfType<RouteRefusals>().SelectMany(refusals => refusals.Codes))
        {
            Note(Refusals.Status(code), Refusals.Code(code));
        }

        operation.Responses ??= [];
        foreach (var (status, codes) in errors)
        {
            operation.Responses[status.ToString(CultureInfo.InvariantCulture)] = ErrorResponse(document, status, codes);
        }

        void Note(int status, string code)
        {
            if (!errors.TryGetValue(status, out var codes))
            {
                errors[status] = codes = [];
            }

            if (!codes.Contains(code))
            {
                codes.Add(code);
            }
        }
    }

    private static OpenApiResponse ErrorResponse(OpenApiDocument document, int status, List<string> codes)
    {
        var response = new OpenApiResponse
        {
            Description = string.Join(", ", codes.Select(code => $"`{code}`")),
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/json"] = new OpenApiMediaType
                {
                    Schema = new OpenApiSchemaReference(SchemaName, document),
                    Example = new JsonObject { ["error"] = codes[0], ["message"] = Sentence(codes[0]) },
                },
            },
        };
        if (status is 429 or 503)
        {
            response.Headers = new Dictionary<string, IOpenApiHeader>
            {
                ["Retry-After"] = new OpenApiHeader
                {
                    Description = "Seconds to wait.",
                    Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Minimum = "1" },
                },
            };
        }

        return response;
    }

    private static string Sentence(string code) => code switch
    {
        "rate_limited" => "Too many requests for this key.",
        "invalid_api_key" => "The API key is missing or not valid.",
        "no_ready_session" => "No number is ready to send.",
        _ => "One sentence for a person.",
    };

    public static OpenApiSchema Schema() => new()
    {
        Type = JsonSchemaType.Object,
        Required = new HashSet<string> { "error", "message" },
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["error"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "The machine-readable code; the list may grow." },
            ["message"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "One sentence for a person." },
        },
    };
}
