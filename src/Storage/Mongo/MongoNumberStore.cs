using System.Runtime.CompilerServices;
using Loopwave.Engines;
using Loopwave.Messages;
using Loopwave.Numbers;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Mongo;

/// <summary>Numbers with their queues. What a commit consists of is in <see cref="MongoNumberCommit"/>, how it is made in <see cref="MongoCommits"/>.</summary>
internal sealed class MongoNumberStore(MongoDatabase database, MongoCommits commits, TimeProvider clock) : INumberStore
{
    private const int StartedPerQuery = 1000;
    private const int KeptTransitions = 200;
    private const int EventsPerForgetting = 100;

    private readonly MongoNumberCommit _commit = new(database);
    private readonly MongoLeases _leases = new(database);
    private readonly MongoAge _age = new(database);
    private int _newEvents;

    private IMongoCollection<BsonDocument> Numbers => database.Collection(MongoCollections.Number);

    public async Task<CommitResult> Create(NumberDocument number, TimelineEntry first, IdempotencyRecord? idempotency)
    {
        var result = await commits.Create(
            MongoNumberCommit.New(number, first.Sequence),
            idempotency is null ? [] : [.. MongoNumberCommit.Claims(idempotency)],
            record => _commit.Create(first, idempotency, record));
        await ForgetOld(result, idempotency is null ? [] : [idempotency], [], []);
        return result;
    }

    public async Task<StoredNumber?> Load(string number)
    {
        await commits.Settle(number);
        return await commits.Read(number) is { } stored && stored.Contains("body")
            ? Stored(stored, await _leases.Live())
            : null;
    }

    public async Task<CommitResult> Commit(NumberChanges changes, CommitLane lane)
    {
        var result = await commits.Commit(
            changes.Number, changes.Epoch, lane, MongoNumberCommit.Claims(changes), (record, update) => _commit.Commit(changes, record, update));
        await ForgetOld(result, changes.Idempotency, changes.Sent, changes.Events);
        if (result is CommitResult.Committed && changes.Timeline.Count > 0)
        {
            await TrimTimeline(changes.Number);
        }

        return result;
    }

    public async Task<IReadOnlyList<QueueItem>> Queue(string number, long after, int limit) => (await database.Run(token => database
        .Collection(MongoCollections.Queue)
        .Find(new BsonDocument { ["number"] = number, ["waiting"] = new BsonDocument("$gt", after) })
        .Sort(new BsonDocument("waiting", 1)).Limit(limit).ToListAsync(token)))
        .ConvertAll(row => MongoJson.Read<QueueItem>(row["body"]) with { Prepared = row["prepared"].IsBsonNull ? null : row["prepared"].AsByteArray });

    public async Task<EngineKind?> Engine(string number) => await Find(number, "engine") is { } stored ? Engine(stored) : null;

    public async Task<int> QueueLength(string number) => (await Find(number, "queued"))?["queued"].ToInt32() ?? 0;

    public async Task<IReadOnlyList<TimelineEntry>> Timeline(string number) => (await database.Run(token => TimelineOf(number)
        .Limit(KeptTransitions).ToListAsync(token))).ConvertAll(row => MongoJson.Read<TimelineEntry>(row["body"]));

    public async Task<Page<StoredNumber>> List(NumberQuery query)
    {
        var live = await _leases.Live();
        var list = new MongoList("numbers", MongoCollections.Number) { SortBy = "createdAt", NewestFirst = false };
        if (query.Access.Numbers is { } allowed)
        {
            list.WhereEither("_id", allowed.Distinct().Order(StringComparer.Ordinal).ToList());
        }

        if (query.Status is { } status)
        {
            OfStatus(list, status, live);
        }

        if (query.Access.SandboxOnly)
        {
            // The index begins with one of the two.
            var sandbox = Rows.Word(EngineKind.Sandbox);
            _ = query.Status is null ? list.Where("engine", sandbox) : list.Among(new BsonDocument("engine", sandbox));
        }

        // What was only begun has no times.
        return await (query.Page.UpdatedAfter is null ? list.Where("createdAt", new BsonDocument("$gte", 0)) : list)
            .UpdatedAfter("updatedAt", query.Page.UpdatedAfter)
            .Page(database, query.Page, row => Stored(row, live));
    }

    public async Task<string?> FirstReady(Access access)
    {
        var live = await _leases.Live();
        if (access.SandboxOnly)
        {
            return await FirstReady(EngineKind.Sandbox, access, live);
        }

        if (await FirstReady(EngineKind.WhatsApp, access, live) is { } ready)
        {
            return ready;
        }

        var anyReal = Allowed(access).AddRange(new BsonDocument { ["engine"] = Rows.Word(EngineKind.WhatsApp), ["removed"] = false });
        return await database.Run(token => Numbers.Find(anyReal).Limit(1).Project(new BsonDocument("_id", 1)).AnyAsync(token))
            ? null
            : await FirstReady(EngineKind.Sandbox, access, live);
    }

    public async IAsyncEnumerable<StartedNumber> Started(NumberRange range, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await commits.FinishLeft(range, cancellationToken);
        for (var after = range.After; ;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var from = after;
            var rows = await database.Run(token => Numbers
                .Find(new BsonDocument
                {
                    ["_id"] = new BsonDocument { ["$gt"] = from, ["$lt"] = range.Before },
                    ["$or"] = new BsonArray
                    {
                        new BsonDocument { ["desired"] = Rows.Word(DesiredState.Started), ["removed"] = false },
                        new BsonDocument("desired", "log_out"),
                        new BsonDocument("queued", new BsonDocument("$gt", 0)),
                    },
                })
                .Sort(new BsonDocument("_id", 1)).Limit(StartedPerQuery).Project(new BsonDocument("engine", 1)).ToListAsync(token));
            foreach (var row in rows)
            {
                yield return new StartedNumber(row["_id"].AsString, Engine(row));
            }

            if (rows.Count < StartedPerQuery)
            {
                yield break;
            }

            after = rows[^1]["_id"].AsString;
        }
    }

    public async Task<string?> LinkedElsewhere(string number, EngineKind engine, string phone) => (await database.Run(token => Numbers
        .Find(new BsonDocument { ["linkedPhone"] = phone, ["engine"] = Rows.Word(engine), ["_id"] = new BsonDocument("$ne", number) })
        .Limit(1).Project(new BsonDocument("_id", 1)).FirstOrDefaultAsync(token)))?["_id"].AsString;

    public async Task<IdempotencyRecord?> FindIdempotent(string scope, string key)
    {
        var stored = await database.Run(token => database.Collection(MongoCollections.Idempotency)
            .Find(new BsonDocument("_id", MongoNumberCommit.IdempotencyId(scope, key))).FirstOrDefaultAsync(token));
        return stored is null || stored["at"].ToInt64() <= Rows.Ticks(clock.GetUtcNow() - Ages.Idempotency)
            ? null
            : new IdempotencyRecord(
                new IdempotencyKey(scope, key, stored["bodyHash"].AsString), stored["result"].AsString, new DateTimeOffset(stored["at"].ToInt64(), TimeSpan.Zero));
    }

    /// <summary>As <see cref="StoredNumber.Status"/> says: what nobody alive holds open is connecting, no longer ready.</summary>
    private static MongoList OfStatus(MongoList list, NumberStatus status, BsonArray live)
    {
        var identity = Rows.Word(status);
        return status switch
        {
            NumberStatus.Ready or NumberStatus.Connecting =>
                list.Where("status", identity).Among(new BsonDocument("owner", new BsonDocument("$in", live)), identity),
            NumberStatus.Disconnected => list.Among(
                new BsonDocument("$or", new BsonArray
                {
                    new BsonDocument("status", "disconnected"),
                    new BsonDocument
                    {
                        ["status"] = new BsonDocument("$in", new BsonArray { "ready", "connecting" }),
                        ["owner"] = new BsonDocument("$nin", live),
                    },
                }),
                identity),
            NumberStatus.LoggedOut => list.Where("status", "logged_out"),
        };
    }

    private static BsonDocument Allowed(Access access) =>
        access.Numbers is { } numbers ? new BsonDocument("_id", new BsonDocument("$in", new BsonArray(numbers))) : [];

    private static EngineKind Engine(BsonDocument stored) =>
        stored["engine"].AsString == Rows.Word(EngineKind.Sandbox) ? EngineKind.Sandbox : EngineKind.WhatsApp;

    private static StoredNumber Stored(BsonDocument stored, BsonArray live) => new(
        MongoJson.Read<NumberDocument>(stored["body"]),
        Epoch: stored["epoch"].ToInt64(),
        Sequence: stored["sequence"].ToInt64(),
        new DayCounters(DateOnly.FromDayNumber(stored["day"].ToInt32()), stored["received"].ToInt32(), stored["sent"].ToInt32()),
        Queued: stored["queued"].ToInt32(),
        OwnerAlive: live.Contains(stored["owner"]));

    private async Task<string?> FirstReady(EngineKind engine, Access access, BsonArray live)
    {
        var isReady = new BsonDocument
        {
            ["engine"] = Rows.Word(engine), ["status"] = Rows.Word(NumberStatus.Ready), ["removed"] = false, ["owner"] = new BsonDocument("$in", live),
        };
        if (access.Numbers is null)
        {
            return (await database.Run(token => Numbers.Find(isReady).Sort(new BsonDocument { ["createdAt"] = 1, ["_id"] = 1 })
                .Limit(1).Project(new BsonDocument("_id", 1)).FirstOrDefaultAsync(token)))?["_id"].AsString;
        }

        // Few are allowed where any are named: they are looked up, and their order is no index's.
        var ready = await database.Run(token => Numbers.Find(Allowed(access).AddRange(isReady)).Project(new BsonDocument("createdAt", 1)).ToListAsync(token));
        return ready.OrderBy(number => number["createdAt"].ToInt64()).ThenBy(number => number["_id"].AsString, StringComparer.Ordinal)
            .FirstOrDefault()?["_id"].AsString;
    }

    private Task<BsonDocument?> Find(string number, string field) => database.Run<BsonDocument?>(async token => await Numbers
        .Find(new BsonDocument { ["_id"] = number, [field] = new BsonDocument("$exists", true) }).Project(new BsonDocument(field, 1)).FirstOrDefaultAsync(token));

    private IFindFluent<BsonDocument, BsonDocument> TimelineOf(string number) => database.Collection(MongoCollections.Timeline)
        .Find(new BsonDocument("number", number)).Sort(new BsonDocument("sequence", -1));

    // What is stored needs none of this, so a failure here is nobody's.
    private async Task TrimTimeline(string number)
    {
        try
        {
            var beyond = await database.Run(token => TimelineOf(number).Skip(KeptTransitions).Limit(1)
                .Project(new BsonDocument("sequence", 1)).FirstOrDefaultAsync(token));
            if (beyond is not null)
            {
                await database.Run(token => database.Collection(MongoCollections.Timeline).DeleteManyAsync(
                    new BsonDocument { ["number"] = number, ["sequence"] = new BsonDocument("$lte", beyond["sequence"]) }, token));
            }
        }
        catch (Deployment.StorageUnavailableException)
        {
            // The next transition trims it.
        }
    }

    private async Task ForgetOld(
        CommitResult result, IReadOnlyList<IdempotencyRecord> requests, IReadOnlyList<SentBytes> sent, IReadOnlyList<OutboxEvent> events)
    {
        if (result is CommitResult.Committed)
        {
            // Nearly every commit has events: looking for old ones each time would make each wait for one more answer.
            var newEvents = Interlocked.Add(ref _newEvents, events.Count);
            var forgetEvents = events.Count > 0 && newEvents >= EventsPerForgetting && Interlocked.CompareExchange(ref _newEvents, 0, newEvents) == newEvents;
            await Task.WhenAll(
                requests.Count == 0 ? Task.CompletedTask : _age.Forget(
                    MongoCollections.Idempotency, requests.Max(one => one.At) - Ages.IdempotencyKept, 2 * requests.Count),
                sent.Count == 0 ? Task.CompletedTask : _age.Forget(
                    MongoCollections.SentMessage, sent.Max(one => one.At) - Ages.SentMessages, 2 * sent.Count),
                forgetEvents ? _age.Forget(MongoCollections.Outbox, events.Max(one => one.At) - Ages.Events, 2 * newEvents) : Task.CompletedTask);
        }
    }
}
