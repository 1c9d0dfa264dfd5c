using Loopwave.Numbers;

namespace Loopwave.Storage.Sql;

/// <summary>
/// Leases and owners, by the database's clock. A lease that is not there counts as one that was revoked: it cannot be renewed, and
/// nothing belongs to it.
/// </summary>
internal sealed class SqlOwnershipStore(ISqlDatabase database) : IOwnershipStore
{
    private const int ForgottenAtOnce = 20;

    // The names that begin with the silo's and a slash: in the order of bytes 0 is what follows a slash.
    private const string UnrevokedOfSilo = "revoked = 0 AND incarnation >= @silo || '/' AND incarnation < @silo || '0'";

    private readonly string _isLive = $"revoked = 0 AND expires_at > {database.Dialect.Now}";

    public async Task Register(string incarnation, TimeSpan timeToLive)
    {
        List<Statement> unit = [];
        if (database.Dialect.SingleProcess)
        {
            // Whoever holds the lock file is alone: a restart need not wait for the lease of its own past.
            unit.Add(new Statement("UPDATE silo_lease SET revoked = 1 WHERE revoked = 0"));
        }

        unit.Add(new Statement(
            $"INSERT INTO silo_lease (incarnation, expires_at, revoked) VALUES (@incarnation, {database.Dialect.Now} + @timeToLive, 0)",
            Lease(incarnation, timeToLive)));
        await database.Run(new Unit(unit, Unit.Leases));
    }

    public async Task<bool> Renew(string incarnation, TimeSpan timeToLive)
    {
        var result = await database.Run(new Unit(
        [
            new Statement(
                $"UPDATE silo_lease SET expires_at = {database.Dialect.Now} + @timeToLive WHERE incarnation = @incarnation AND revoked = 0",
                Lease(incarnation, timeToLive)).OrElse(CommitResult.StaleEpoch),
            Forget(),
        ],
        Unit.Leases));
        return result.Committed;
    }

    public async Task<bool> Revoke(string silo)
    {
        var result = await database.Run(new Unit(
        [
            new Statement(
                $"UPDATE silo_lease SET revoked = 1 WHERE {UnrevokedOfSilo} RETURNING incarnation",
                ("@silo", silo)).Returning(),
        ]));
        return result.Value is not null;
    }

    public async Task<int> Owned(string silo) => (await database.Query(
        new Statement(
            $"SELECT count(*) FROM number_owner WHERE owner IN (SELECT incarnation FROM silo_lease WHERE {UnrevokedOfSilo})", ("@silo", silo)),
        row => (int)row.GetInt64(0))).Single();

    public async Task<long?> Claim(string number, string incarnation)
    {
        (string, object?)[] parameters = [("@number", number), ("@incarnation", incarnation)];
        var mineIsLive = $"EXISTS (SELECT 1 FROM silo_lease WHERE incarnation = @incarnation AND {_isLive})";
        List<Statement> unit =
        [
            // An owner that is late is shut out for good before anything of its is taken.
            new Statement(
                $"""
                UPDATE silo_lease SET revoked = 1
                WHERE incarnation = (SELECT owner FROM number_owner WHERE number = @number) AND incarnation <> @incarnation
                AND revoked = 0 AND expires_at <= {database.Dialect.Now} AND {mineIsLive}
                """,
                parameters),

            // Revoked, not late: between the two statements an owner can become late that was not shut out.
            new Statement(
                $"""
                UPDATE number_owner SET epoch = epoch + 1, owner = @incarnation
                WHERE number = @number AND {mineIsLive}
                AND (owner IS NULL OR owner = @incarnation
                    OR NOT EXISTS (SELECT 1 FROM silo_lease WHERE incarnation = owner AND revoked = 0))
                RETURNING epoch
                """,
                parameters).Returning(),
        ];
        if (database.Dialect.SideBySide)
        {
            // The owner that is looked at must still be the owner when the number is taken, and its commits must be over.
            unit.Insert(0, new Statement(
                $"SELECT epoch FROM number_owner WHERE number = @number{database.Dialect.Locked}", ("@number", number)).Returning());
        }

        return (long?)(await database.Run(new Unit(unit, Unit.Claims))).Value;
    }

    public async Task<string?> Owner(string number) => (await database.Query(
        new Statement(
            $"SELECT owner FROM number_owner WHERE number = @number AND EXISTS (SELECT 1 FROM silo_lease WHERE incarnation = owner AND {_isLive})",
            ("@number", number)),
        row => row.Text(0))).SingleOrDefault();

    public Task Release(string number, long epoch) => database.Run(new Unit(
    [
        new Statement("UPDATE number_owner SET owner = NULL WHERE number = @number AND epoch = @epoch", ("@number", number), ("@epoch", epoch)),
    ],
    number));

    // Each start of a silo leaves a lease. Whoever renews takes a few along, so that a renewal is never long; one that somebody is
    // about to renew or to revoke is left for the next time.
    private Statement Forget() => new(
        $"""
        DELETE FROM silo_lease WHERE incarnation IN (
            SELECT incarnation FROM silo_lease WHERE expires_at < {database.Dialect.Now} - {(long)Ages.Silos.TotalMilliseconds}
            LIMIT {ForgottenAtOnce}{database.Dialect.LockedOrLeft})
        """);

    private static (string, object?)[] Lease(string incarnation, TimeSpan timeToLive) =>
        [("@incarnation", incarnation), ("@timeToLive", (long)timeToLive.TotalMilliseconds)];
}
