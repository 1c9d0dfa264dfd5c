using Loopwave.Numbers;
using Loopwave.Team;

namespace Loopwave.Storage.Sql;

internal sealed class SqlTeamStore(ISqlDatabase database) : ITeamStore
{
    public async Task<IReadOnlyList<MemberDocument>> Members() => await database.Query(
        new Statement("SELECT body FROM member ORDER BY created_at, id"),
        row => row.Document<MemberDocument>(0));

    public async Task<bool> Add(MemberDocument member) => (await database.Run(new Unit(
    [
        new Statement(
            "INSERT INTO member (id, email, created_at, body) VALUES (@id, @email, @createdAt, @body)",
            [.. Member(member), ("@createdAt", Rows.Ticks(member.CreatedAt))]).OrElse(CommitResult.Duplicate),
    ],
    member.Id))).Committed;

    public Task Put(MemberDocument member) => database.Run(new Unit(
    [
        new Statement("UPDATE member SET email = @email, body = @body WHERE id = @id", Member(member)).ExactlyOne(),
    ],
    member.Id));

    public async Task<SessionDocument?> Session(string tokenHash) => (await database.Query(
        new Statement("SELECT body FROM member_session WHERE token_hash = @tokenHash", ("@tokenHash", tokenHash)),
        row => row.Document<SessionDocument>(0))).SingleOrDefault();

    public Task PutSession(SessionDocument session) => database.Run(new Unit(
    [
        new Statement(
            """
            INSERT INTO member_session (token_hash, expires_at, body) VALUES (@tokenHash, @expiresAt, @body)
            ON CONFLICT (token_hash) DO UPDATE SET expires_at = excluded.expires_at, body = excluded.body
            """,
            ("@tokenHash", session.TokenHash), ("@expiresAt", Rows.Ticks(session.ExpiresAt)), ("@body", StorageJson.Write(session))),
    ],
    session.TokenHash));

    public Task DeleteSession(string tokenHash) => database.Run(new Unit(
    [
        new Statement("DELETE FROM member_session WHERE token_hash = @tokenHash", ("@tokenHash", tokenHash)),
    ],
    tokenHash));

    public Task DeleteExpiredSessions(DateTimeOffset now) => database.Run(new Unit(
    [
        new Statement("DELETE FROM member_session WHERE expires_at < @now", ("@now", Rows.Ticks(now))),
    ]));

    private static (string, object?)[] Member(MemberDocument member) =>
        [("@id", member.Id), ("@email", member.Email.ToLowerInvariant()), ("@body", StorageJson.Write(member))];
}
