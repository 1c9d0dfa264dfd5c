using Loopwave.Deployment;
using Loopwave.Numbers;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Mongo;

/// <summary>Leases and owners, by the database's clock and by compare-and-set.</summary>
/// <param name="home">Names a directory whose lock this process holds, where only one process at a time can have it; null in a cluster.</param>
internal sealed class MongoOwnershipStore(MongoDatabase database, MongoCommits commits, string? home = null) : IOwnershipStore
{
    private const int MostAttempts = 20;

    private IMongoCollection<BsonDocument> Leases => database.Collection(MongoCollections.Lease);

    private IMongoCollection<BsonDocument> Numbers => database.Collection(MongoCollections.Number);

    public async Task Register(string incarnation, TimeSpan timeToLive)
    {
        if (home is not null)
        {
            // Whoever holds the lock is alone in there: a restart need not wait for the lease of its own past.
            await database.RunLease(token => Leases.UpdateManyAsync(
                new BsonDocument { ["home"] = home, ["revoked"] = false }, Revoked, cancellationToken: token));
        }

        var slash = incarnation.LastIndexOf('/');
        var lease = MongoLeases.Renewed(timeToLive);
        lease["$setOnInsert"] = new BsonDocument
        {
            ["silo"] = slash < 0 ? incarnation : incarnation[..slash], ["home"] = (BsonValue?)home ?? BsonNull.Value, ["revoked"] = false,
        };
        await database.RunLease(token => Leases.UpdateOneAsync(
            new BsonDocument("_id", incarnation), lease, new UpdateOptions { IsUpsert = true }, token));
    }

    public async Task<bool> Renew(string incarnation, TimeSpan timeToLive) => (await database.RunLease(token => Leases.UpdateOneAsync(
        new BsonDocument { ["_id"] = incarnation, ["revoked"] = false }, MongoLeases.Renewed(timeToLive), cancellationToken: token))).MatchedCount == 1;

    public async Task<bool> Revoke(string silo) => (await database.RunLease(token => Leases.UpdateManyAsync(
        UnrevokedOf(silo), Revoked, cancellationToken: token))).ModifiedCount > 0;

    public async Task<int> Owned(string silo)
    {
        var leases = await database.RunLease(token => Leases.Find(UnrevokedOf(silo)).ToListAsync(token));
        var incarnations = new BsonArray(leases.Select(lease => lease["_id"]));
        return (int)await database.Run(token => Numbers.CountDocumentsAsync(
            new BsonDocument("owner", new BsonDocument("$in", incarnations)), cancellationToken: token));
    }

    public async Task<long?> Claim(string number, string incarnation)
    {
        for (var attempt = 1; attempt <= MostAttempts; attempt++)
        {
            if (!await IsLive(incarnation)
                || await database.Run(token => Numbers.Find(new BsonDocument("_id", number)).Project(new BsonDocument { ["owner"] = 1, ["epoch"] = 1 })
                    .FirstOrDefaultAsync(token)) is not { } stored
                || !stored.TryGetValue("epoch", out var epoch)
                || !await IsFree(stored["owner"], incarnation))
            {
                return null;
            }

            // The owner that was looked at must still be the owner.
            var taken = await database.Run(token => Numbers.UpdateOneAsync(
                new BsonDocument { ["_id"] = number, ["owner"] = stored["owner"], ["epoch"] = epoch },
                new BsonDocument { ["$set"] = new BsonDocument("owner", incarnation), ["$inc"] = new BsonDocument("epoch", 1L) },
                cancellationToken: token));
            if (taken.MatchedCount == 1)
            {
                return await TakeOver(number, epoch.ToInt64() + 1, incarnation);
            }
        }

        throw new StorageUnavailableException("Storage is not available: others claim the same number.");
    }

    public async Task<string?> Owner(string number)
    {
        var stored = await database.Run(token => Numbers.Find(new BsonDocument("_id", number)).Project(new BsonDocument("owner", 1)).FirstOrDefaultAsync(token));
        return stored is not null && stored.TryGetValue("owner", out var owner) && owner is BsonString { Value: var incarnation } && await IsLive(incarnation)
            ? incarnation
            : null;
    }

    public Task Release(string number, long epoch) => database.Run(token => Numbers.UpdateOneAsync(
        new BsonDocument { ["_id"] = number, ["epoch"] = epoch },
        new BsonDocument("$set", new BsonDocument("owner", BsonNull.Value)),
        cancellationToken: token));

    private static BsonDocument UnrevokedOf(string silo) => new() { ["silo"] = silo, ["revoked"] = false };

    private static BsonDocument Revoked => new("$set", new BsonDocument("revoked", true));

    /// <summary>
    /// What the number's earlier owner has left half done is finished, and whatever it still sends is refused, before the new one
    /// acts on anything.
    /// </summary>
    private async Task<long?> TakeOver(string number, long epoch, string incarnation)
    {
        await database.Run(token => database.Collection(MongoCollections.Credential).UpdateOneAsync(
            new BsonDocument("_id", number),
            new BsonDocument("$max", new BsonDocument("owned", epoch)),
            new UpdateOptions { IsUpsert = true }, token));
        await commits.TakeOver(number, epoch);

        // Revoked meanwhile: somebody else may have the number already, and the lease will tell.
        return await IsLive(incarnation) ? epoch : null;
    }

    private Task<bool> IsLive(string incarnation) => database.RunLease(token => Leases
        .Find(new BsonDocument("_id", incarnation).AddRange(MongoLeases.IsLive)).AnyAsync(token));

    /// <summary>An owner that is late is shut out for good before anything of its is taken.</summary>
    private async Task<bool> IsFree(BsonValue owner, string incarnation)
    {
        if (owner.IsBsonNull || owner == incarnation)
        {
            return true;
        }

        await database.Run(token => Leases.UpdateOneAsync(new BsonDocument("_id", owner).AddRange(MongoLeases.IsLate), Revoked, cancellationToken: token));

        // Revoked, not late: meanwhile an owner can have become late that was not shut out.
        return !await database.Run(token => Leases.Find(new BsonDocument { ["_id"] = owner, ["revoked"] = false }).AnyAsync(token));
    }
}
