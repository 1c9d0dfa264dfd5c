using System.Collections.Concurrent;
using Loopwave.Numbers;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Mongo;

/// <summary>What becomes of commits that were left in the middle, by this process or another one.</summary>
internal sealed partial class MongoCommits
{
    // What is younger is under way, or soon found by whoever goes on with the number.
    private static readonly TimeSpan LeftAfter = TimeSpan.FromSeconds(10);

    // Numbers with a write that got no answer: it can still arrive.
    private readonly ConcurrentDictionary<string, object> _unanswered = new();

    /// <summary>
    /// The number's document, as it will stay: what a process that is gone has left of the number is finished, and what this one wrote
    /// without an answer either happened or finds the count used up.
    /// </summary>
    public async Task<BsonDocument?> Read(string number)
    {
        while (true)
        {
            var stored = await _database.Run(token => Numbers.Find(new BsonDocument("_id", number)).FirstOrDefaultAsync(token));
            if (stored is null)
            {
                return null;
            }

            if (await _records.Of(stored) is { } record)
            {
                await Finish(record);
            }
            else if (!_unanswered.TryGetValue(number, out var write))
            {
                return stored;
            }
            else if (await _records.UseUp(number, stored["commits"].ToInt64() + 1))
            {
                _unanswered.TryRemove(new(number, write));
            }
        }
    }

    /// <summary>
    /// Finishes what is left of the numbers of a range, by processes that are gone or that had no database in the middle: somebody may
    /// wait for an event of a number that nobody has to do with any more.
    /// </summary>
    public async Task FinishLeft(NumberRange range, CancellationToken cancellationToken)
    {
        var left = await _database.Run(token => Numbers
            .Find(new BsonDocument
            {
                [MongoRecord.Since] = new BsonDocument("$gte", DateTime.UnixEpoch), ["_id"] = new BsonDocument { ["$gt"] = range.After, ["$lt"] = range.Before },
            }.AddRange(MongoLeases.Over(MongoRecord.Since, LeftAfter)))
            .Project(new BsonDocument("_id", 1)).ToListAsync(token));
        foreach (var number in left)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                await Read(number["_id"].AsString);
            }
            catch (Exception)
            {
                // Whoever asks for this number is told; the others are not to wait for it.
            }
        }
    }

    /// <summary>As <see cref="Read"/>, for whoever has just taken the number: nothing that is left of others stands in anybody's way.</summary>
    public async Task TakeOver(string number, long epoch)
    {
        if (await Read(number) is { } stored)
        {
            await Task.WhenAll(_claims.Sweep(number, stored["commits"].ToInt64()), _records.Sweep(number, epoch));
        }
    }

    /// <summary>Moves a record to where it belongs, whoever stored it, and takes it out of the number.</summary>
    private async Task Finish(MongoRecord record)
    {
        var unit = new MongoUnit(_database, null);
        await _records.Apply(record, unit);
        await _claims.Release(record, unit);
        await _records.Remove(record);
    }
}
