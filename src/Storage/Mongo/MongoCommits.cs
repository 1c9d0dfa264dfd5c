using System.Runtime.CompilerServices;
using Loopwave.Deployment;
using Loopwave.Numbers;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Mongo;

/// <summary>
/// Makes a change of a number one write: the record of it goes into the number's document, if that has the epoch and the count
/// of commits that the change was decided on. Before that nothing of it is to be seen, afterwards it is moved to where it
/// belongs, by this process or, when that ends in the middle, by the next one that has to do with the number.
/// </summary>
internal sealed partial class MongoCommits
{
    private const int MostAttempts = 20;

    private readonly MongoDatabase _database;
    private readonly MongoRecords _records;
    private readonly MongoClaims _claims;
    private readonly MongoTurns _turns = new();

    // What the number's document said last, so that it need not be read for each commit; the write itself finds out when it is old.
    private readonly ConditionalWeakTable<CommitLane, Head> _heads = [];

    public MongoCommits(MongoDatabase database)
    {
        (_database, _records) = (database, new MongoRecords(database));
        _claims = new MongoClaims(database, _records, Finish);
    }

    private IMongoCollection<BsonDocument> Numbers => _database.Collection(MongoCollections.Number);

    /// <summary>Returns once everything given before for this number is decided, and written where it belongs.</summary>
    public Task Settle(string number) => _database.Behind(() => _turns.Settle(number));

    /// <summary>Stores a new number together with what <paramref name="plan"/> adds.</summary>
    public Task<CommitResult> Create(BsonDocument number, IReadOnlyCollection<string> claims, Func<MongoRecord, Task<CommitResult?>> plan)
    {
        var unit = _database.Begin();
        var id = number["_id"].AsString;
        var record = NewRecord(id, commit: 1);
        var stored = false;
        return _database.Measured(_turns.Run(id, Insert, () => stored ? Clear(record) : Task.CompletedTask));

        async Task<CommitResult> Insert()
        {
            var result = await Create(number, claims, plan, record, unit);
            stored = result is CommitResult.Committed;
            return result;
        }
    }

    /// <summary>Stores a change, unless the number has another epoch or <paramref name="plan"/> refuses.</summary>
    /// <param name="number">Whose change it is.</param>
    /// <param name="epoch">Under which it was made.</param>
    /// <param name="lane">What it builds on.</param>
    /// <param name="claims">What it needs to itself.</param>
    /// <param name="plan">Adds what is to be written elsewhere, and what changes in the number's own document.</param>
    public Task<CommitResult> Commit(
        string number, long epoch, CommitLane lane, IReadOnlyCollection<string> claims, Func<MongoRecord, BsonDocument, Task<CommitResult?>> plan)
    {
        var unit = _database.Begin();
        MongoRecord? last = null;
        return _database.Measured(_turns.Run(number, InLane, () => last is null ? Task.CompletedTask : Clear(last)));

        async Task<CommitResult> InLane()
        {
            if (lane.IsBroken)
            {
                throw BehindException.Refusal();
            }

            try
            {
                var (result, record) = await Commit(number, epoch, lane, claims, plan, unit);
                last = record;
                return result;
            }
            catch
            {
                lane.Break();
                _unanswered[number] = new object();
                throw;
            }
        }
    }

    private static MongoRecord NewRecord(string number, long commit) => new(number, commit, NewId.Key() + NewId.Key());

    private async Task<CommitResult> Create(
        BsonDocument number, IReadOnlyCollection<string> claims, Func<MongoRecord, Task<CommitResult?>> plan, MongoRecord record, MongoUnit unit)
    {
        var created = await InClaims(record, claims, unit, async () => await plan(record) ?? await Insert());
        return created ?? throw new StorageUnavailableException("Storage is not available: others make the same number.");

        async Task<CommitResult?> Insert()
        {
            try
            {
                var document = new BsonDocument(number)
                {
                    ["commits"] = record.Commit, [MongoRecord.Field] = await _records.Prepare(record, epoch: 0, unit), [MongoRecord.Since] = DateTime.UnixEpoch,
                };
                await unit.Write(async token =>
                {
                    await Numbers.InsertOneAsync(document, null, token);
                    return true;
                });
                return CommitResult.Committed;
            }
            catch (MongoWriteException error) when (MongoErrors.IsDuplicate(error))
            {
                await _records.Discard(record);
                return CommitResult.Duplicate;
            }
        }
    }

    private async Task<(CommitResult Result, MongoRecord? Stored)> Commit(
        string number, long epoch, CommitLane lane, IReadOnlyCollection<string> claims, Func<MongoRecord, BsonDocument, Task<CommitResult?>> plan, MongoUnit unit)
    {
        _heads.TryGetValue(lane, out var head);
        _heads.Remove(lane);
        for (var attempt = 1; attempt <= MostAttempts; attempt++)
        {
            head ??= await ReadHead(number);
            if (head?.Epoch != epoch)
            {
                lane.Break();
                return (CommitResult.StaleEpoch, null);
            }

            var record = NewRecord(number, head.Commits + 1);
            switch (await InClaims(record, claims, unit, () => Decide(record, epoch, plan, unit)))
            {
                case CommitResult.Committed:
                    _heads.Add(lane, new Head(epoch, record.Commit));
                    return (CommitResult.Committed, record);
                case { } refusal:
                    lane.Break();
                    return ((await ReadHead(number))?.Epoch == epoch ? refusal : CommitResult.StaleEpoch, null);
                case null:
                    // Somebody has used up the count, or has the number.
                    head = null;
                    break;
            }
        }

        throw new StorageUnavailableException("Storage is not available: others write the same number.");
    }

    /// <summary>The one write that decides; null when the number has moved on.</summary>
    private async Task<CommitResult?> Decide(
        MongoRecord record, long epoch, Func<MongoRecord, BsonDocument, Task<CommitResult?>> plan, MongoUnit unit)
    {
        var update = new BsonDocument("$set", new BsonDocument("commits", record.Commit));
        if (await plan(record, update) is { } refusal)
        {
            return refusal;
        }

        update["$set"][MongoRecord.Field] = await _records.Prepare(record, epoch, unit);
        update["$currentDate"] = new BsonDocument(MongoRecord.Since, true);
        var written = await unit.Write(token => Numbers.UpdateOneAsync(
            new BsonDocument { ["_id"] = record.Number, ["epoch"] = epoch, ["commits"] = record.Commit - 1 }, update, cancellationToken: token));
        if (written.MatchedCount == 1)
        {
            return CommitResult.Committed;
        }

        await _records.Discard(record);
        return null;
    }

    /// <summary>Decides with the claims taken, and finishes what was decided.</summary>
    private async Task<CommitResult?> InClaims(
        MongoRecord record, IReadOnlyCollection<string> claims, MongoUnit unit, Func<Task<CommitResult?>> decide)
    {
        CommitResult? result;
        try
        {
            result = claims.Count == 0 || await _claims.Take(record, claims, unit) ? await decide() : null;
        }
        catch (Exception error)
        {
            // Where it is not known whether the record was stored, whoever needs the claims finds out.
            if (claims.Count > 0 && error is not StorageUnavailableException)
            {
                await TryRelease();
            }

            throw;
        }

        if (result is CommitResult.Committed)
        {
            await _records.Apply(record, unit);
            if (claims.Count > 0)
            {
                await _claims.Release(record, unit);
            }

            if (record.InParts > 0)
            {
                await _records.Remove(record);
            }
        }
        else if (claims.Count > 0)
        {
            await TryRelease();
        }

        return result;

        async Task TryRelease()
        {
            try
            {
                await _claims.Release(record, unit);
            }
            catch (Exception)
            {
                // They tell by themselves that nothing became of them.
            }
        }
    }

    /// <summary>Nobody waits for it: what is left is written once more when the number is read.</summary>
    private async Task Clear(MongoRecord record)
    {
        try
        {
            await _records.Remove(record);
        }
        catch (Exception)
        {
            // The next commit of the number has a record of its own, in place of this one.
        }
    }

    private async Task<Head?> ReadHead(string number) =>
        await Read(number) is { } stored && stored.Contains("epoch") ? new Head(stored["epoch"].ToInt64(), stored["commits"].ToInt64()) : null;

    private sealed record Head(long Epoch, long Commits);
}
