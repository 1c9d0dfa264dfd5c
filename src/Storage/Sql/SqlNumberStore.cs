using System.Data.Common;
using System.Runtime.CompilerServices;
using Loopwave.Messages;
using Loopwave.Numbers;

namespace Loopwave.Storage.Sql;

/// <summary>Numbers with their queues. What a commit consists of is in <see cref="SqlNumberCommit"/>.</summary>
internal sealed class SqlNumberStore(ISqlDatabase database, TimeProvider clock) : INumberStore
{
    private const int StartedPerQuery = 1000;

    private readonly SqlNumberCommit _commit = new(database.Dialect);

    // A number belongs to somebody alive when its owner holds a lease that is neither revoked nor over.
    private readonly string _alive =
        $"EXISTS (SELECT 1 FROM silo_lease l WHERE l.incarnation = o.owner AND l.revoked = 0 AND l.expires_at > {database.Dialect.Now})";

    private string Columns =>
        $"n.body, o.epoch, o.sequence, o.day, o.received, o.sent, (SELECT count(*) FROM send_queue q WHERE q.number = n.id), {_alive}";

    public async Task<CommitResult> Create(NumberDocument number, TimelineEntry first, IdempotencyRecord? idempotency) =>
        (await database.Run(new Unit(_commit.Create(number, first, idempotency), number.Id))).Result;

    public async Task<StoredNumber?> Load(string number)
    {
        await database.Settle(number);
        var rows = await database.Query(
            new Statement($"SELECT {Columns} FROM number n JOIN number_owner o ON o.number = n.id WHERE n.id = @id", ("@id", number)),
            row => Stored(row, 0));
        return rows.SingleOrDefault();
    }

    public async Task<CommitResult> Commit(NumberChanges changes, CommitLane lane) =>
        (await database.Run(new Unit(_commit.Commit(changes), changes.Number, lane))).Result;

    public async Task<IReadOnlyList<QueueItem>> Queue(string number, long after, int limit) => await database.Query(
        new Statement(
            "SELECT body, prepared FROM send_queue WHERE number = @number AND sequence > @after ORDER BY sequence LIMIT @limit",
            ("@number", number), ("@after", after), ("@limit", limit)),
        row => row.Document<QueueItem>(0) with { Prepared = row.IsDBNull(1) ? null : row.GetFieldValue<byte[]>(1) });

    public async Task<EngineKind?> Engine(string number) => (await database.Query(
        new Statement("SELECT engine FROM number WHERE id = @id", ("@id", number)),
        row => (EngineKind?)Engine(row, 0))).SingleOrDefault();

    public async Task<int> QueueLength(string number) => (await database.Query(
        new Statement("SELECT count(*) FROM send_queue WHERE number = @number", ("@number", number)),
        row => row.GetInt32(0))).Single();

    public async Task<IReadOnlyList<TimelineEntry>> Timeline(string number) => await database.Query(
        new Statement("SELECT body FROM number_timeline WHERE number = @number ORDER BY sequence DESC LIMIT 200", ("@number", number)),
        row => row.Document<TimelineEntry>(0));

    public Task<Page<StoredNumber>> List(NumberQuery query)
    {
        var list = new SqlList("numbers", "number n JOIN number_owner o ON o.number = n.id", Columns) { SortBy = "created_at", NewestFirst = false };
        if (query.Status is { } status)
        {
            list.Where(StatusIs(status));
        }

        return Restrict(list, query.Access).UpdatedAfter("updated_at", query.Page.UpdatedAfter)
            .Page(database, query.Page, row => Stored(row, 2));
    }

    public async Task<string?> FirstReady(Access access)
    {
        var rows = await database.Query(
            new Statement(
                $"""
                SELECT n.id FROM number n JOIN number_owner o ON o.number = n.id
                WHERE n.status = 'ready' AND {_alive} AND n.removed = 0
                AND (@anyNumber = 1 OR n.id IN ({database.Dialect.Values("@numbers")}))
                AND (n.engine = 'sandbox' AND (@sandboxOnly = 1 OR NOT EXISTS (
                        SELECT 1 FROM number w WHERE w.engine = 'whats_app' AND w.removed = 0
                        AND (@anyNumber = 1 OR w.id IN ({database.Dialect.Values("@numbers")}))))
                    OR n.engine = 'whats_app' AND @sandboxOnly = 0)
                ORDER BY n.created_at, n.id LIMIT 1
                """,
                ("@anyNumber", Rows.Flag(access.Numbers is null)),
                ("@numbers", database.Dialect.List(access.Numbers ?? [])),
                ("@sandboxOnly", Rows.Flag(access.SandboxOnly))),
            row => row.GetString(0));
        return rows.SingleOrDefault();
    }

    public async IAsyncEnumerable<StartedNumber> Started(NumberRange range, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var after = range.After; ;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var rows = await database.Query(
                new Statement(
                    """
                    SELECT id, engine FROM number WHERE id > @after AND id < @before
                    AND (desired = 'started' AND removed = 0 OR desired = 'log_out'
                        OR EXISTS (SELECT 1 FROM send_queue q WHERE q.number = number.id))
                    ORDER BY id LIMIT @limit
                    """,
                    ("@after", after), ("@before", range.Before), ("@limit", StartedPerQuery)),
                row => new StartedNumber(row.GetString(0), Engine(row, 1)));
            foreach (var row in rows)
            {
                yield return row;
            }

            if (rows.Count < StartedPerQuery)
            {
                yield break;
            }

            after = rows[^1].Id;
        }
    }

    // Otherwise SQLite goes through all numbers of the engine.
    public async Task<string?> LinkedElsewhere(string number, EngineKind engine, string phone) => (await database.Query(
        new Statement(
            $"SELECT id FROM number WHERE linked_phone = @phone AND {database.Dialect.Unindexed("engine")} = @engine AND id <> @id LIMIT 1",
            ("@phone", phone), ("@engine", Rows.Word(engine)), ("@id", number)),
        row => row.GetString(0))).SingleOrDefault();

    public async Task<IdempotencyRecord?> FindIdempotent(string scope, string key)
    {
        var rows = await database.Query(
            new Statement(
                "SELECT body_hash, result, at FROM idempotency WHERE scope = @scope AND key = @key AND at > @expired",
                ("@scope", scope), ("@key", key), ("@expired", Rows.Ticks(clock.GetUtcNow() - Ages.Idempotency))),
            row => new IdempotencyRecord(new IdempotencyKey(scope, key, row.GetString(0)), row.GetString(1), row.Time(2)));
        return rows.SingleOrDefault();
    }

    /// <summary>As <see cref="StoredNumber.Status"/> says: what nobody alive holds open is connecting, no longer ready.</summary>
    private string StatusIs(NumberStatus status) => status switch
    {
        NumberStatus.Ready or NumberStatus.Connecting => $"n.status = '{Rows.Word(status)}' AND {_alive}",
        NumberStatus.Disconnected => $"(n.status = 'disconnected' OR n.status IN ('ready', 'connecting') AND NOT {_alive})",
        NumberStatus.LoggedOut => "n.status = 'logged_out'",
    };

    private SqlList Restrict(SqlList list, Access access)
    {
        if (access.SandboxOnly)
        {
            list.Where("n.engine = 'sandbox'");
        }

        return access.Numbers is null
            ? list
            : list.Where($"n.id IN ({database.Dialect.Values("@numbers")})", ("@numbers", database.Dialect.List(access.Numbers)));
    }

    private static EngineKind Engine(DbDataReader row, int column) =>
        row.GetString(column) == Rows.Word(EngineKind.Sandbox) ? EngineKind.Sandbox : EngineKind.WhatsApp;

    private static StoredNumber Stored(DbDataReader row, int first) => new(
        row.Document<NumberDocument>(first),
        Epoch: row.GetInt64(first + 1),
        Sequence: row.GetInt64(first + 2),
        new DayCounters(DateOnly.FromDayNumber(row.GetInt32(first + 3)), row.GetInt32(first + 4), row.GetInt32(first + 5)),
        Queued: row.GetInt32(first + 6),
        OwnerAlive: row.GetBoolean(first + 7));
}
