namespace Loopwave.Team;

/// <summary>The team of the deployment (key 0): the first admin, sign-in and sessions.</summary>
[Alias("loopwave.team")]
public interface ITeamGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// Makes the first admin from configuration if there is none, or else a one-time set-up token, the same for all who ask
    /// within half a day; null when an admin exists already and nothing is to be shown.
    /// </summary>
    [Alias("prepare")]
    Task<string?> Prepare(string? email, string? password);

    [Alias("needs-set-up")]
    Task<bool> NeedsSetUp();

    /// <summary>Uses the one-time token to make the first admin, and signs in.</summary>
    [Alias("set-up")]
    Task<Outcome<SignIn>> SetUp(string token, string email, string password, string source);

    /// <summary>
    /// Signs in. The same refusal, and about the same time, whether the account or the password is wrong; throttled by
    /// account and by source.
    /// </summary>
    [Alias("sign-in")]
    Task<Outcome<SignIn>> SignIn(string email, string password, string source);

    /// <summary>Who a session belongs to; null once it is over.</summary>
    [Alias("session")]
    Task<Member?> Session(string token);

    [Alias("sign-out")]
    Task SignOut(string token);
}

[Alias("loopwave.role")]
public enum Role
{
    Agent,
    Admin,
}

[GenerateSerializer, Immutable, Alias("loopwave.member")]
public sealed record Member(
    [property: Id(0)] string Id,
    [property: Id(1)] string Email,
    [property: Id(2)] string Name,
    [property: Id(3)] Role Role);

/// <summary>A session to put into a cookie. The token is secret; only its hash is stored.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.sign-in")]
public sealed record SignIn(
    [property: Id(0)] Member Member,
    [property: Id(1)] string Token,
    [property: Id(2)] DateTimeOffset ExpiresAt);
