using System.Text.Json;
using System.Text.Json.Nodes;
using Loopwave.Api.OpenApi;
using Loopwave.Testing.Api;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Loopwave.Api.Tests.OpenApi;

public sealed class DocumentTests
{
    private static readonly JsonSerializerOptions Written = new(PublicJson.Options) { WriteIndented = true, MaxDepth = 64 };

    [Fact]
    public async Task The_committed_description_is_the_one_the_routes_give()
    {
        var given = JsonSerializer.Serialize(await Document(), Written).ReplaceLineEndings("\n") + "\n";
        var path = Path.Combine(Root(), "docs", "api", "openapi-v1.json");
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "true")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, given);
        }

        Assert.True(File.Exists(path) && await File.ReadAllTextAsync(path) == given,
            "docs/api/openapi-v1.json is out of date. Run this test with UPDATE_SNAPSHOTS=true and look at the change.");
    }

    [Fact]
    public async Task Every_route_of_v1_is_described_with_a_summary_its_scopes_and_its_errors()
    {
        await using var host = await ApiHost.Start();
        var paths = (await Document())["paths"]!.AsObject();
        var routes = host.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(route => route.RoutePattern.RawText!.StartsWith("/api/v1", StringComparison.Ordinal)).ToArray();

        Assert.NotEmpty(routes);
        foreach (var route in routes)
        {
            var method = route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Single().ToLowerInvariant();
            var operation = paths[route.RoutePattern.RawText!.TrimEnd('/')]?[method];
            Assert.True(operation is not null, $"{method} {route.RoutePattern.RawText} is not described.");
            Assert.NotNull(operation["summary"]);
            Assert.NotNull(operation["x-scopes"]);
            foreach (var status in new[] { "401", "429", "500", "503" })
            {
                Assert.Equal("#/components/schemas/Error", (string?)operation["responses"]![status]!["content"]!["application/json"]!["schema"]!["$ref"]);
            }
        }

        Assert.Equal(routes.Length, paths.Sum(path => path.Value!.AsObject().Count));
    }

    [Fact]
    public async Task Every_answer_promises_all_its_fields_and_every_request_refuses_unknown_ones()
    {
        var schemas = (await Document())["components"]!["schemas"]!.AsObject();

        foreach (var (name, schema) in schemas)
        {
            if (schema!["properties"] is JsonObject properties)
            {
                if (name.EndsWith("Body", StringComparison.Ordinal))
                {
                    Assert.False((bool)schema["additionalProperties"]!);
                }
                else
                {
                    Assert.Null(schema["additionalProperties"]);
                    Assert.Equal(properties.Count, schema["required"]!.AsArray().Count);
                }
            }
        }
    }

    private static async Task<JsonNode> Document()
    {
        await using var host = await ApiHost.Start();
        return JsonNode.Parse(await host.Client().GetStringAsync(V1Document.Address))!;
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Loopwave.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The solution is not above the tests.");
        }

        return folder.FullName;
    }
}
