using Loopwave.Team;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Mongo;

internal sealed class MongoTeamStore(MongoDatabase database) : ITeamStore
{
    private IMongoCollection<BsonDocument> People => database.Collection(MongoCollections.Member);

    private IMongoCollection<BsonDocument> Sessions => database.Collection(MongoCollections.MemberSession);

    public async Task<IReadOnlyList<MemberDocument>> Members() => (await database.Run(token => People
        .Find(new BsonDocument()).Sort(new BsonDocument { ["createdAt"] = 1, ["_id"] = 1 }).ToListAsync(token)))
        .ConvertAll(row => MongoJson.Read<MemberDocument>(row["body"]));

    public async Task<bool> Add(MemberDocument member)
    {
        var row = new BsonDocument { ["_id"] = member.Id, ["createdAt"] = Rows.Ticks(member.CreatedAt) }.AddRange(Fields(member));
        try
        {
            return await database.Run(async token =>
            {
                await People.InsertOneAsync(row, null, token);
                return true;
            });
        }
        catch (MongoWriteException error) when (MongoErrors.IsDuplicate(error))
        {
            return false;
        }
    }

    public async Task Put(MemberDocument member)
    {
        var put = await database.Run(token => People.UpdateOneAsync(
            new BsonDocument("_id", member.Id), new BsonDocument("$set", Fields(member)), cancellationToken: token));
        if (put.MatchedCount == 0)
        {
            throw new InvalidOperationException($"There is no member {member.Id}.");
        }
    }

    public async Task<SessionDocument?> Session(string tokenHash) =>
        await database.Run(token => Sessions.Find(new BsonDocument("_id", tokenHash)).FirstOrDefaultAsync(token)) is { } row
            ? MongoJson.Read<SessionDocument>(row["body"])
            : null;

    public Task PutSession(SessionDocument session) => database.Run(token => Sessions.UpdateOneAsync(
        new BsonDocument("_id", session.TokenHash),
        new BsonDocument("$set", new BsonDocument { ["expiresAt"] = Rows.Ticks(session.ExpiresAt), ["body"] = MongoJson.Write(session) }),
        new UpdateOptions { IsUpsert = true }, token));

    public Task DeleteSession(string tokenHash) => database.Run(token => Sessions.DeleteOneAsync(new BsonDocument("_id", tokenHash), token));

    public Task DeleteExpiredSessions(DateTimeOffset now) => database.Run(token => Sessions.DeleteManyAsync(
        new BsonDocument("expiresAt", new BsonDocument("$lt", Rows.Ticks(now))), token));

    // In lower case, since addresses compare without case.
    private static BsonDocument Fields(MemberDocument member) =>
        new() { ["email"] = member.Email.ToLowerInvariant(), ["body"] = MongoJson.Write(member) };
}
