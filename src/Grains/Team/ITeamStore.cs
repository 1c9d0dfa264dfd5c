namespace Loopwave.Team;

/// <summary>The stored members and their sessions.</summary>
public interface ITeamStore
{
    Task<IReadOnlyList<MemberDocument>> Members();

    /// <summary>Stores a new member; false when the email (compared without case) is taken.</summary>
    Task<bool> Add(MemberDocument member);

    Task Put(MemberDocument member);

    Task<SessionDocument?> Session(string tokenHash);

    Task PutSession(SessionDocument session);

    Task DeleteSession(string tokenHash);

    /// <summary>Removes the sessions that ended before <paramref name="now"/>.</summary>
    Task DeleteExpiredSessions(DateTimeOffset now);
}

public sealed record MemberDocument
{
    public required string Id { get; init; }
    public required string Email { get; init; }
    public required string Name { get; init; }
    public required Role Role { get; init; }

    /// <summary>Argon2id in its encoded form, with its parameters.</summary>
    public required string PasswordHash { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
}

public sealed record SessionDocument(string TokenHash, string Member, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);
