namespace Loopwave.Storage.Sql.Postgres;

internal sealed class PostgresDialect : ISqlDialect
{
    public string Migrations => PostgresMigrations.Folder;

    // The wall clock of this moment; now() stands still in a transaction, and a transaction can wait for a lock.
    public string Now => "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)";

    public bool SingleProcess => false;

    public bool SideBySide => true;

    public string Values(string parameter) => $"SELECT unnest(CAST({parameter} AS text[]))";

    public object List(IEnumerable<string> values) => values.ToArray();

    public string Numbers(string parameter) => $"SELECT unnest(CAST({parameter} AS bigint[]))";

    public object NumberList(IEnumerable<long> values) => values.ToArray();

    public string Locked => " FOR UPDATE";

    public string LockedOrLeft => " FOR UPDATE SKIP LOCKED";

    public Statement Alone(string what) => new Statement("SELECT pg_advisory_xact_lock(@lock)", ("@lock", PostgresLocks.Key(what))).Returning();

    // Its planner has no habit that needs it.
    public string Unindexed(string column) => column;
}
