using Loopwave.Deployment;
using Loopwave.Sandbox;
using Loopwave.Storage.Mongo;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Sandbox;

/// <summary>
/// Which connection of a number stands: the latest that its account names. Each has a document of its own besides, which can come late
/// or not at all; one that is still open there and is no longer the latest has ended with the one that is.
/// </summary>
internal sealed partial class MongoSandboxRecord
{
    private const string LatestConnection = "connection";

    public Task<SandboxOpening> Opened(SandboxConnectionRow connection) => _turns.Run(connection.Number, async () =>
    {
        var claimed = new Claimed(connection.Id, connection.Epoch, Rows.Ticks(connection.At));

        // Before it is decided whether this one stands: who is about to end the one before has then done so, or is too late.
        await EndBefore(connection.Number, claimed);
        if (await Highest(Links, connection.Number, "endOrder") > connection.Id)
        {
            return Refused(claimed, await Latest(connection.Number));
        }

        var opening = await Claim(connection.Number, claimed);
        if (opening is not SandboxOpening.Stands)
        {
            return opening;
        }

        await database.Run(async token =>
        {
            await Links.InsertOneAsync(
                new BsonDocument
                {
                    ["_id"] = connection.Id, ["number"] = connection.Number, ["epoch"] = connection.Epoch, ["host"] = connection.Host,
                    ["openedAt"] = claimed.At, ["endedAt"] = BsonNull.Value,
                },
                null, token);
            return true;
        });

        if (await Latest(connection.Number) == claimed)
        {
            return SandboxOpening.Stands;
        }

        // Whoever came in between found nothing to end.
        await EndLeft(connection.Number);
        return SandboxOpening.Replaced;
    });

    private async Task<SandboxOpening> Claim(string number, Claimed claimed)
    {
        for (var attempt = 1; attempt <= MostAttempts; attempt++)
        {
            try
            {
                await database.Run(token => Accounts.UpdateOneAsync(
                    new BsonDocument
                    {
                        ["_id"] = number, [$"{LatestConnection}.id"] = NotAbove(claimed.Id), [$"{LatestConnection}.epoch"] = NotAbove(claimed.Epoch),
                    },
                    new BsonDocument("$set", new BsonDocument(
                        LatestConnection, new BsonDocument { ["id"] = claimed.Id, ["epoch"] = claimed.Epoch, ["at"] = claimed.At })),
                    new UpdateOptions { IsUpsert = true }, token));
                return SandboxOpening.Stands;
            }
            catch (MongoWriteException error) when (MongoErrors.IsDuplicate(error))
            {
                // The account names a later one, or somebody has just made it.
                if (await Latest(number) is { } latest && (latest.Id > claimed.Id || latest.Epoch > claimed.Epoch))
                {
                    return Refused(claimed, latest);
                }
            }
        }

        throw new StorageUnavailableException("Storage is not available: others connect the same number.");
    }

    private static SandboxOpening Refused(Claimed claimed, Claimed? latest) =>
        latest?.Epoch >= claimed.Epoch ? SandboxOpening.Replaced : SandboxOpening.Behind;

    /// <summary>Ends what the latest connection replaced without finding it.</summary>
    private async Task EndLeft(string number)
    {
        if (await Latest(number) is { } latest)
        {
            await EndBefore(number, latest);
        }
    }

    private async Task EndBefore(string number, Claimed later)
    {
        var open = await database.Run(token => Links
            .Find(new BsonDocument
            {
                ["number"] = number, ["_id"] = new BsonDocument("$lt", later.Id), ["epoch"] = new BsonDocument("$lte", later.Epoch),
                ["endedAt"] = BsonNull.Value,
            })
            .ToListAsync(token));
        foreach (var one in open)
        {
            await End(one["_id"].ToInt64(), later.Id, Math.Max(later.At, one["openedAt"].ToInt64()), "replaced");
        }
    }

    private Task End(long connection, long order, long at, string how) => database.Run(token => Links.UpdateOneAsync(
        new BsonDocument { ["_id"] = connection, ["endedAt"] = BsonNull.Value },
        new BsonDocument("$set", new BsonDocument { ["endedAt"] = at, ["endOrder"] = order, ["how"] = how }),
        cancellationToken: token));

    private async Task<Claimed?> Latest(string number) => Latest(await database.Run(token => Accounts
        .Find(new BsonDocument("_id", number)).Project(new BsonDocument(LatestConnection, 1)).FirstOrDefaultAsync(token)));

    private static Claimed? Latest(BsonDocument? account) => account is not null && account.TryGetValue(LatestConnection, out var latest)
        ? new Claimed(latest["id"].ToInt64(), latest["epoch"].ToInt64(), latest["at"].ToInt64())
        : null;

    // Also where there is none.
    private static BsonDocument NotAbove(long value) => new("$not", new BsonDocument("$gt", value));

    private sealed record Claimed(long Id, long Epoch, long At);
}
