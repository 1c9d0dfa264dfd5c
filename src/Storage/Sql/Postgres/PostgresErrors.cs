using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Loopwave.Storage.Sql.Postgres;

/// <summary>The errors of PostgreSQL and of the way there.</summary>
internal sealed class PostgresErrors(ILogger logger, TimeProvider clock) : DatabaseErrors(logger, clock)
{
    protected override string Silent => "the database";

    /// <summary>Somebody else holds what a unit needs, or changed it under the unit's eyes. Alone it may go through.</summary>
    public static bool IsConflict(PostgresException error) => error.SqlState is
        PostgresErrorCodes.DeadlockDetected
        or PostgresErrorCodes.SerializationFailure
        or PostgresErrorCodes.LockNotAvailable;

    public static bool IsUniqueViolation(PostgresException error) => error.SqlState is PostgresErrorCodes.UniqueViolation;

    /// <summary>The server or the way there, not the statement, is the reason.</summary>
    public static bool IsOfTheServer(Exception error) => error switch
    {
        PostgresException { SqlState: var state } => IsOfTheServer(state),
        NpgsqlException or IOException or SocketException or TimeoutException => true,
        _ => IsMisunderstanding(error),
    };

    // What Npgsql throws when an answer is not the one that it expects, and never anybody else; it gives the connection up with it. So it is after a
    // statement that reads and locks was refused while it was being prepared, as by a server that takes no writes: the next time on this connection
    // Npgsql does not know that it returns rows.
    private static bool IsMisunderstanding(Exception error) => error.GetType() == typeof(Exception);

    public override bool IsUnavailable(Exception error) => IsOfTheServer(error);

    protected override bool IsFull(Exception error) => error is PostgresException { SqlState: PostgresErrorCodes.DiskFull };

    protected override string Code(Exception error) =>
        error is PostgresException { SqlState: var state } ? "PostgreSQL error " + state : "PostgreSQL";

    protected override string Advice(Exception error) => (error as PostgresException)?.SqlState[..2] switch
    {
        "28" => ": PostgreSQL does not let Loopwave in. Look at the user and the password in POSTGRES_URI, and at pg_hba.conf.",
        "3D" => ": the database that POSTGRES_URI names is not there. Create it; Loopwave makes everything in it.",
        _ => "",
    };

    private static bool IsOfTheServer(string state) => state[..2] is
        "08"    // connection
        or "28" // it does not let us in
        or "3D" // there is no such database
        or "53" // out of disk, memory or connections
        or "57" // shut down, cancelled by a time limit
        or "58" // its disk fails
        or "XX" // its data is damaged
        || state is PostgresErrorCodes.ReadOnlySqlTransaction
            or "25P03" // ended by the limit on idle transactions
            or PostgresErrorCodes.DeadlockDetected
            or PostgresErrorCodes.SerializationFailure
            or PostgresErrorCodes.LockNotAvailable;
}
