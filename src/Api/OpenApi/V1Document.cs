using System.Globalization;
using System.Text.Json.Nodes;
using Loopwave.Api.Auth;
using Loopwave.Api.Errors;
using Loopwave.Api.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace Loopwave.Api.OpenApi;

/// <summary>The description of <c>/api/v1</c>, made from the routes themselves.</summary>
internal static class V1Document
{
    public const string Name = "v1";
    public const string Address = "/api/openapi/v1.json";
    private const string Bearer = "bearer";
    private const string KeyHeader = "apiKey";
    private const string Error = "Error";

    private static readonly Dictionary<string, string> RateLimits = new()
    {
        ["X-RateLimit-Limit"] = "Requests of this key per clock minute.",
        ["X-RateLimit-Remaining"] = "Requests left in this minute.",
        ["X-RateLimit-Reset"] = "When the minute ends, in seconds since 1970.",
    };

    public static void AddV1Document(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.ShouldInclude = route => route.GroupName == Name;
        options.AddDocumentTransformer(Introduce);
        options.AddOperationTransformer(Describe);
        options.AddSchemaTransformer(SchemaRules.Apply);
    });

    public static void MapV1Document(this IEndpointRouteBuilder routes) =>
        routes.MapOpenApi("/api/openapi/{documentName}.json").AllowAnybody();

    private static Task Introduce(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken _)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Loopwave API",
            Version = "v1",
            Description = "Many WhatsApp numbers behind one REST API. Every answer in JSON; times in ISO 8601, UTC; ids are opaque. "
                + "Fields may be added and lists of codes may grow: ignore what you don't know. "
                + "Errors are always { error, message }. Each key may make 120 requests per clock minute unless set otherwise.",
        };
        document.Servers = [];
        var components = document.Components ??= new OpenApiComponents();
        components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [Bearer] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "Authorization: Bearer lw_live_… (or lw_test_…)",
            },
            [KeyHeader] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = "X-API-Key", Description = "The same key.",
            },
        };
        components.Headers = RateLimits.ToDictionary(limit => limit.Key, IOpenApiHeader (limit) => new OpenApiHeader
        {
            Description = limit.Value, Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "0" },
        });
        components.Schemas ??= new Dictionary<string, IOpenApiSchema>();
        components.Schemas[Error] = ErrorSchema();
        return Task.CompletedTask;
    }

    private static Task Describe(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken _)
    {
        var route = context.Description.ActionDescriptor.EndpointMetadata;
        var document = context.Document!;
        var scopes = route.OfType<AccessPolicy.ApiKey>().Last().Scopes;
        operation.Security =
        [
            new() { [new OpenApiSecuritySchemeReference(Bearer, document)] = [] },
            new() { [new OpenApiSecuritySchemeReference(KeyHeader, document)] = [] },
        ];
        operation.Extensions ??= new Dictionary<string, IOpenApiExtension>();
        operation.Extensions["x-scopes"] = new JsonNodeExtension(new JsonArray([.. scopes.Select(scope => (JsonNode)scope!)]));
        var needs = scopes.Count == 0 ? "Needs any valid key." : $"Needs the scope {string.Join(" or ", scopes.Select(scope => $"`{scope}`"))}.";
        operation.Description = operation.Description is { Length: > 0 } text ? $"{text} {needs}" : needs;

        AddParameters(operation, route, context.Description.HttpMethod);
        DescribePath(operation);
        AddFiles(operation, route);
        AddErrors(operation, document, route, scopes.Count > 0);
        return Task.CompletedTask;
    }

    private static void AddParameters(OpenApiOperation operation, IList<object> route, string? method)
    {
        operation.Parameters ??= [];
        foreach (var query in route.OfType<QueryParameter>())
        {
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = query.Name, In = ParameterLocation.Query, Description = query.Description, Schema = query.Schema,
            });
        }

        if (HttpMethods.IsPost(method ?? ""))
        {
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = Idempotency.Header,
                In = ParameterLocation.Header,
                Description = "Your own name for this request. Sending or creating under the same name within 24 hours happens once; "
                    + "elsewhere repeating does no harm.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 255 },
            });
        }
    }

    private static void DescribePath(OpenApiOperation operation)
    {
        foreach (var path in operation.Parameters!.OfType<OpenApiParameter>().Where(one => one.In is ParameterLocation.Path))
        {
            path.Description = operation.Tags?.FirstOrDefault()?.Name switch
            {
                "Numbers" or "Sandbox" => "The number's id, n….",
                "Messages" => "The message's id, m_….",
                "Chats" => "The chat's id (c_…), its WhatsApp chat id, or digits with country code.",
                "Media" => "The file's id, f_….",
                _ => null,
            };
        }
    }

    private static void AddFiles(OpenApiOperation operation, IList<object> route)
    {
        if (route.OfType<FileBody>().Any())
        {
            operation.Parameters!.Add(new OpenApiParameter
            {
                Name = "fileName",
                In = ParameterLocation.Query,
                Description = "The file's name, where the body is the file itself.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = 255 },
            });
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

    private static void AddErrors(OpenApiOperation operation, OpenApiDocument document, IList<object> route, bool hasScope)
    {
        var takesBody = operation.RequestBody is not null;
        var errors = new SortedDictionary<int, List<string>>();
        Add(401, "invalid_api_key");
        Add(429, "rate_limited");
        Add(500, "internal_error");
        Add(503, "storage_unavailable");
        Add(503, "unavailable");
        if (hasScope)
        {
            Add(403, "insufficient_scope");
        }

        if (takesBody || operation.Parameters!.Any(one => one.In is ParameterLocation.Query or ParameterLocation.Header))
        {
            Add(400, "invalid_input");
        }

        if (takesBody)
        {
            Add(413, "payload_too_large");
        }

        if (takesBody && !route.OfType<FileBody>().Any())
        {
            Add(415, "unsupported_media_type");
        }

        foreach (var code in route.OfType<RouteRefusals>().SelectMany(refusals => refusals.Codes))
        {
            Add(Refusals.Status(code), Refusals.Code(code));
        }

        operation.Responses ??= [];
        foreach (var (status, answer) in operation.Responses)
        {
            AddHeaders((OpenApiResponse)answer, document, hasLocation: status is "201" or "202");
        }

        foreach (var (status, codes) in errors)
        {
            operation.Responses[status.ToString(CultureInfo.InvariantCulture)] = ErrorResponse(document, status, codes);
        }

        void Add(int status, string code)
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

    private static void AddHeaders(OpenApiResponse answer, OpenApiDocument document, bool hasLocation)
    {
        answer.Headers = RateLimits.Keys.ToDictionary(name => name, IOpenApiHeader (name) => new OpenApiHeaderReference(name, document));
        if (hasLocation)
        {
            answer.Headers["Location"] = new OpenApiHeader
            {
                Description = "Where the object is found.", Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            };
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
                    Schema = new OpenApiSchemaReference(Error, document),
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

    private static OpenApiSchema Binary() => new() { Type = JsonSchemaType.String, Format = "binary" };

    private static OpenApiSchema ErrorSchema() => new()
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
