using Loopwave.Api.Auth;
using Loopwave.Api.Errors;
using Loopwave.ApiKeys;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Loopwave.Api.App;

/// <summary>Making, listing, and switching API keys on and off.</summary>
internal static class ApiKeyEndpoints
{
    private const int IdLength = 8;

    public static void MapApiKeys(this RouteGroupBuilder app)
    {
        var keys = app.MapGroup("/api-keys").AllowAdmins();
        keys.MapPost("", Create);
        keys.MapGet("", List);
        keys.MapPatch("/{id}", SetEnabled);
    }

    private static async Task<Results<Created<NewKeyAnswer>, ErrorResult>> Create(
        NewKeyBody body, Caller caller, ClusterGrains grains) =>
        (await grains.ApiKeys().Create(new NewApiKey(body.Name, body.Scopes, body.Test, caller.Id)))
            .To(created => TypedResults.Created($"/api/app/api-keys/{created.View.Id}", NewKeyAnswer.From(created)));

    private static async Task<Ok<Page<ApiKeyView>>> List(ClusterGrains grains) =>
        TypedResults.Ok(new Page<ApiKeyView>(await grains.ApiKeys().List(), NextCursor: null));

    private static async Task<Results<Ok<ApiKeyView>, ErrorResult>> SetEnabled(string id, KeyPatchBody body, ClusterGrains grains, Credentials credentials)
    {
        if (id.Length != IdLength)
        {
            return new ErrorResult(new Refusal(RefusalCode.NotFound, "There is no such key."));
        }

        try
        {
            return (await grains.ApiKey(id).SetEnabled(body.Enabled)).ToOk();
        }
        finally
        {
            // Without an answer it may be done as well.
            credentials.ForgetKey(id);
        }
    }
}

internal sealed record NewKeyBody
{
    public required string Name { get; init; }

    /// <summary>Null for all; an empty list is refused.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }

    /// <summary>A key that can only touch sandbox numbers.</summary>
    public bool Test { get; init; }
}

internal sealed record KeyPatchBody
{
    public required bool Enabled { get; init; }
}

/// <summary>A new key, with the one sight of its text.</summary>
internal sealed record NewKeyAnswer(
    string Id, string Key, string Name, string Hint, IReadOnlyList<string> Scopes, bool Enabled, DateTimeOffset CreatedAt)
{
    public static NewKeyAnswer From(CreatedApiKey created) => new(
        created.View.Id, created.Key, created.View.Name, created.View.Hint, created.View.Scopes,
        created.View.Enabled, created.View.CreatedAt);
}
