using System.Text.Json.Nodes;
using Loopwave.Api.Auth;
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
        components.Schemas[OperationErrors.SchemaName] = OperationErrors.Schema();
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
        OperationFiles.Add(operation, route);
        OperationErrors.Add(operation, document, route, scopes.Count > 0);
        foreach (var (status, answer) in operation.Responses!.Where(one => one.Key.StartsWith('2')))
        {
            AddHeaders((OpenApiResponse)answer, document, hasLocation: status is "201" or "202" && !route.OfType<NoAddress>().Any());
        }

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
}
