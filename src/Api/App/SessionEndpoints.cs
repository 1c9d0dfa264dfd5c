using Loopwave.Api.Auth;
using Loopwave.Api.Errors;
using Loopwave.Team;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Loopwave.Api.App;

/// <summary>Signing in and out, and the first admin.</summary>
internal static class SessionEndpoints
{
    public static void MapSessions(this RouteGroupBuilder app)
    {
        app.MapPost("/session", SignIn).AllowSignInForm();
        app.MapGet("/session", Current).AllowAdmins();
        app.MapDelete("/session", SignOut).AllowAdmins();
        app.MapGet("/set-up", NeedsSetUp).AllowAnybody();
        app.MapPost("/set-up", SetUp).AllowSignInForm();
    }

    private static async Task<Results<Ok<SessionAnswer>, ErrorResult>> SignIn(
        SignInBody body, HttpContext http, ClusterGrains grains) =>
        (await grains.Team().SignIn(body.Email, body.Password, SourceOf(http)))
            .To(session => TypedResults.Ok(Started(http, session)));

    private static Ok<SessionAnswer> Current(Caller caller) => TypedResults.Ok(new SessionAnswer(caller.Member!));

    private static async Task<NoContent> SignOut(HttpContext http, ClusterGrains grains, Credentials credentials)
    {
        var token = SessionCookie.Read(http.Request)!;
        try
        {
            await grains.Team().SignOut(token);
        }
        finally
        {
            // Without an answer it may be done as well.
            credentials.ForgetSession(token);
        }

        SessionCookie.Clear(http);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<SetUpAnswer>> NeedsSetUp(ClusterGrains grains) =>
        TypedResults.Ok(new SetUpAnswer(await grains.Team().NeedsSetUp()));

    private static async Task<Results<Created<SessionAnswer>, ErrorResult>> SetUp(
        SetUpBody body, HttpContext http, ClusterGrains grains) =>
        (await grains.Team().SetUp(body.Token, body.Email, body.Password, SourceOf(http)))
            .To(session => TypedResults.Created("/api/app/session", Started(http, session)));

    private static SessionAnswer Started(HttpContext http, SignIn session)
    {
        SessionCookie.Write(http, session);
        return new SessionAnswer(session.Member);
    }

    private static string SourceOf(HttpContext http) => http.Connection.RemoteIpAddress?.ToString() ?? "local";
}

internal sealed record SignInBody
{
    public required string Email { get; init; }
    public required string Password { get; init; }
}

internal sealed record SetUpBody
{
    public required string Token { get; init; }
    public required string Email { get; init; }
    public required string Password { get; init; }
}

internal sealed record SessionAnswer(Member Member);

internal sealed record SetUpAnswer(bool Needed);
