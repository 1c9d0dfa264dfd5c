using System.Data.Common;
using System.Runtime.CompilerServices;
using Loopwave.Engines;
using Loopwave.Messages;
using Loopwave.Numbers;

namespace Loopwave.Storage.Sql;

/// <summary>Numbers with their queues. What a commit consists of is in <see cref="SqlNumberCommit"/>.</summary>
internal sealed class SqlNumberStore(ISqlDatabase database, TimeProvider clock) : INumberStore
{
    private const int StartedPerQuery = 1000;

    private readonly SqlNumberCommit _commit = new(database.Dialect);
    private readonly SqlAge _requests = new(database, "idempotency", "scope, key");
    private readonly SqlAge _sent = new(database, "sent_message", "number, whatsapp_id");
    private readonly SqlAge _events = new(database, "outbox", "position");

    // A number belongs to somebody alive when its owner holds a lease that is neither revoked nor over.
    private readonly string _alive =
        $"EXISTS (SELECT 1 FROM silo_lease l WHERE l.incarnation = o.owner AND l.revoked = 0 AND l.expires_at > {database.Dialect.Now})";

    private string Columns =>
        $"n.body, o.epoch, o.sequence, o.day, o.received, o.sent, (SELECT count(*) FROM send_queue q WHERE q.number = n.id), {_alive}";

    public async Task<CommitResult> Create(NumberDocument number, TimelineEntry first, IdempotencyRecord? idempotency)
    {
        var (result, _) = await database.Run(new Unit(_commit.Create(number, first, idempotency), number.Id));
        await ForgetOld(result, idempotency is null ? [] : [idempotency], [], []);
        return result;
    }

    public async Task<StoredNumber?> Load(string number)
    {
        await database.Settle(number);
        var rows = await database.Query(
            new Statement($"SELECT {Columns} FROM number n JOIN number_owner o ON o.number = n.id WHERE n.id = @id", ("@id", number)),
            row => Stored(row, 0));
        return rows.SingleOrDefault();
    }

    public async Task<CommitResult> Commit(NumberChanges changes, CommitLane lane)
    {
        var (result, _) = await database.Run(new Unit(_commit.Commit(changes), changes.Number, lane));
        await ForgetOld(result, changes.Idempotency, changes.Sent, changes.Events);
        return result;
    }

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
        if (query.Access.Numbers is { } numbers)
        {
            list.WhereEither("n.id", numbers.Distinct().Order(StringComparer.Ordinal).ToList());
        }

        if (query.Status is { } status)
        {
            OfStatus(list, status);
        }

        if (query.Access.SandboxOnly)
        {
            // The index begins with one of the two.
            _ = query.Status is null ? list.Where("n.engine = 'sandbox'") : list.Among("n.engine = 'sandbox'");
        }

        return list.UpdatedAfter("updated_at", query.Page.UpdatedAfter).Page(database, query.Page, row => Stored(row, 2));
    }

    public async Task<string?> FirstReady(Access access)
    {
        if (!access.SandboxOnly)
        {
            if (await FirstReady(EngineKind.WhatsApp, access) is { } ready)
            {
                return ready;
            }

            var (where, parameters) = Allowed(EngineKind.WhatsApp, access);
            if ((await database.Query(new Statement($"SELECT 1 FROM number n WHERE {where} LIMIT 1", parameters), row => row.GetInt32(0))).Count > 0)
            {
                return null;
            }
        }

        return await FirstReady(EngineKind.Sandbox, access);
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
    private SqlList OfStatus(SqlList list, NumberStatus status) => status switch
    {
        NumberStatus.Ready or NumberStatus.Connecting => list.Where($"n.status = '{Rows.Word(status)}'").Among(_alive),
        NumberStatus.Disconnected => list.Among($"(n.status = 'disconnected' OR n.status IN ('ready', 'connecting') AND NOT {_alive})"),
        NumberStatus.LoggedOut => list.Where("n.status = 'logged_out'"),
    };

    private async Task<string?> FirstReady(EngineKind engine, Access access)
    {
        var (where, parameters) = Allowed(engine, access);
        return (await database.Query(
            new Statement(
                $"""
                SELECT n.id FROM number n JOIN number_owner o ON o.number = n.id
                WHERE {where} AND {(access.Numbers is null ? "n.status" : database.Dialect.Unindexed("n.status"))} = 'ready' AND {_alive}
                ORDER BY {(access.Numbers is null ? "n.created_at" : "n.created_at + 0")}, n.id LIMIT 1
                """,
                parameters),
            row => row.GetString(0))).SingleOrDefault();
    }

    // Few are allowed where any are named: they are looked up, whatever else is known of them.
    private (string Where, (string, object?)[] Parameters) Allowed(EngineKind engine, Access access) => access.Numbers is null
        ? ($"n.engine = '{Rows.Word(engine)}' AND n.removed = 0", [])
        : ($"n.id IN ({database.Dialect.Values("@numbers")}) AND {database.Dialect.Unindexed("n.engine")} = '{Rows.Word(engine)}' AND n.removed = 0",
            [("@numbers", database.Dialect.List(access.Numbers))]);

    private static EngineKind Engine(DbDataReader row, int column) =>
        row.GetString(column) == Rows.Word(EngineKind.Sandbox) ? EngineKind.Sandbox : EngineKind.WhatsApp;

    private static StoredNumber Stored(DbDataReader row, int first) => new(
        row.Document<NumberDocument>(first),
        Epoch: row.GetInt64(first + 1),
        Sequence: row.GetInt64(first + 2),
        new DayCounters(DateOnly.FromDayNumber(row.GetInt32(first + 3)), row.GetInt32(first + 4), row.GetInt32(first + 5)),
        Queued: row.GetInt32(first + 6),
        OwnerAlive: row.GetBoolean(first + 7));

    private Task ForgetOld(
        CommitResult result, IReadOnlyList<IdempotencyRecord> requests, IReadOnlyList<SentBytes> sent, IReadOnlyList<OutboxEvent> events) =>
        result is not CommitResult.Committed || requests.Count + sent.Count + events.Count == 0 ? Task.CompletedTask : Task.WhenAll(
            requests.Count == 0 ? Task.CompletedTask : _requests.Added(requests.Count, requests.Max(one => one.At) - Ages.IdempotencyKept),
            sent.Count == 0 ? Task.CompletedTask : _sent.Added(sent.Count, sent.Max(one => one.At) - Ages.SentMessages),
            events.Count == 0 ? Task.CompletedTask : _events.Added(events.Count, events.Max(one => one.At) - Ages.Events));
}
