using Loopwave.Api.Auth;
using Loopwave.Api.Errors;
using Loopwave.Cluster;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Loopwave.Api.App;

/// <summary>The silos and where numbers live, for admins.</summary>
internal static class ClusterEndpoints
{
    public static void MapCluster(this RouteGroupBuilder app)
    {
        var cluster = app.MapGroup("/cluster").AllowAdmins();
        cluster.MapGet("", Get);
        cluster.MapPost("/silos/{id}/drain", (string id, ClusterGrains grains) => Drain(id, true, grains));
        cluster.MapDelete("/silos/{id}/drain", (string id, ClusterGrains grains) => Drain(id, false, grains));
        cluster.MapGet("/numbers/{id}", Find);
        cluster.MapPost("/numbers/{id}/move", Move);
    }

    private static async Task<Ok<ClusterView>> Get(ClusterGrains grains) => TypedResults.Ok(await grains.Cluster().Get());

    private static async Task<Results<Ok<SiloView>, ErrorResult>> Drain(string id, bool drain, ClusterGrains grains) =>
        (await grains.Cluster().Drain(id, drain)).ToOk();

    private static async Task<Results<Ok<NumberHome>, ErrorResult>> Find(string id, ClusterGrains grains) =>
        (await grains.Cluster().Find(id)).ToOk();

    private static async Task<Results<Accepted<NumberHome>, ErrorResult>> Move(string id, MoveBody body, ClusterGrains grains) =>
        (await grains.Cluster().Move(id, body.Silo)).To(home => TypedResults.Accepted($"/api/app/cluster/numbers/{id}", home));
}

internal sealed record MoveBody
{
    /// <summary>The id of the silo to go to; null for the one with the fewest numbers.</summary>
    public string? Silo { get; init; }
}
