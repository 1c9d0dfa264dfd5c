using Npgsql;

namespace Loopwave.Storage.Sql.Postgres;

/// <summary>The settings of connections that durability and time limits stand on.</summary>
internal static class PostgresConnections
{
    /// <summary>
    /// A commit is on disk before it is answered, whatever the server's own setting is. A session that stays in a transaction
    /// without a word is ended by the server: its process is frozen or cut off, and others wait for the rows that it holds.
    /// </summary>
    private const string SessionSettings =
        "-c synchronous_commit=on -c lock_timeout=1000 -c statement_timeout=10000 -c idle_in_transaction_session_timeout=5000 "
        + "-c jit=off -c standard_conforming_strings=on";

    public static string ForWork(string connectionString, int most) => new NpgsqlConnectionStringBuilder(connectionString)
    {
        MaxPoolSize = most,
        MinPoolSize = 0,
        Timeout = 3,
        CommandTimeout = 3,

        // What takes too long breaks its connection, whether the server could be asked to cancel it or not.
        CancellationTimeout = -1,

        // Firewalls drop connections that say nothing for minutes, without a word: the next write would pay for it.
        TcpKeepAlive = true,
        TcpKeepAliveTime = 30,
        MaxAutoPrepare = 256,
        AutoPrepareMinUsages = 2,
        NoResetOnClose = true,
        IncludeFailedBatchedCommand = true,
        Enlist = false,
        IncludeErrorDetail = false,
        PersistSecurityInfo = false,
        Options = Joined(connectionString),
    }.ToString();

    /// <summary>For the scripts that change the schema, which say themselves how long they may take.</summary>
    public static string ForScripts(string connectionString) => new NpgsqlConnectionStringBuilder(connectionString)
    {
        Pooling = false,
        Timeout = 3,
        CommandTimeout = 3,
        Enlist = false,
        IncludeErrorDetail = false,
    }.ToString();

    /// <summary>A connection for one question now and then. What takes too long, or is given up, breaks it.</summary>
    public static string ForQuestions(string connectionString) =>
        new NpgsqlConnectionStringBuilder(ForScripts(connectionString)) { CancellationTimeout = -1 }.ToString();

    private static string Joined(string connectionString) =>
        $"{new NpgsqlConnectionStringBuilder(connectionString).Options} {SessionSettings}".Trim();
}
