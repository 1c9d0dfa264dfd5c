using System.Security.Cryptography;
using Loopwave.Numbers;
using Loopwave.Storage.Credentials;
using Loopwave.Storage.Mongo;
using Loopwave.Storage.Tests.Conformance;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Tests.Mongo;

/// <summary>Credentials in a MongoDB database.</summary>
public sealed class MongoCredentials : CredentialBackend
{
    private readonly string _key = NewKey();

    public MongoCredentials() => Store = Open(Data, _key);

    public MongoBackend Data { get; } = MongoBackend.Create();

    public override ICredentialStore Store { get; }

    public static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    /// <summary>The same credentials, as another process has them.</summary>
    public ICredentialStore In(MongoBackend process) => Open(process, _key);

    public override async Task<byte[]?> Raw(string number) => await File(number) is { } file
        ? (await Parts.Find(new BsonDocument { ["number"] = number, ["file"] = file, ["previous"] = new BsonDocument("$exists", false) }).ToListAsync())
            .SelectMany(part => part["body"].AsByteArray).ToArray()
        : null;

    public override async Task SetRaw(string number, byte[] bytes)
    {
        var set = await Parts.UpdateOneAsync(
            new BsonDocument { ["number"] = number, ["file"] = await File(number), ["place"] = 0, ["previous"] = new BsonDocument("$exists", false) },
            new BsonDocument("$set", new BsonDocument("body", bytes)));
        Assert.Equal(1, set.MatchedCount);
    }

    public override ICredentialStore WithOtherKey() => Open(Data, NewKey());

    public override ValueTask DisposeAsync() => Data.DisposeAsync();

    internal IMongoCollection<BsonDocument> Parts => Data.Database.Collection(MongoCollections.CredentialPart);

    private static MongoCredentialStore Open(MongoBackend process, string key) => new(process.Database, CredentialKeys.Of(key));

    private async Task<string?> File(string number) =>
        (await Data.Database.Collection(MongoCollections.Credential).Find(new BsonDocument("_id", number)).FirstOrDefaultAsync()) is { } version
        && version.TryGetValue("file", out var file) ? file.AsString : null;
}
