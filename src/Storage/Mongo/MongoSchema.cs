using Loopwave.Deployment;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Loopwave.Storage.Mongo;

/// <summary>
/// The collections and their indexes, made and checked at each start. An index that is there under our name with other keys was
/// made by somebody else, and is an error: queries and unique keys count on it.
/// </summary>
internal sealed class MongoSchema(IMongoDatabase database)
{
    /// <summary>Raised when an older release would misread, or break, what the newer one has in the database.</summary>
    public const int Version = 1;

    /// <summary>The setting that holds the version of the newest release that was here.</summary>
    public const string VersionSetting = "schemaVersion";

    private const int WireVersion = 13;
    private const int IndexExists = 85;
    private const int IndexDiffers = 86;

    private static BsonDocument UnreadChats => new() { ["merged"] = false, ["unread"] = new BsonDocument("$gt", 0) };

    public static IReadOnlyList<MongoIndex> Indexes { get; } =
    [
        new(MongoCollections.Number, "created", ["createdAt", "_id"]),
        new(MongoCollections.Number, "updated", ["updatedAt", "_id"]),
        new(MongoCollections.Number, "status_created", ["status", "createdAt", "_id"]),
        new(MongoCollections.Number, "status_updated", ["status", "updatedAt", "_id"]),
        new(MongoCollections.Number, "engine_created", ["engine", "createdAt", "_id"]),
        new(MongoCollections.Number, "engine_updated", ["engine", "updatedAt", "_id"]),
        new(MongoCollections.Number, "engine_status_created", ["engine", "status", "createdAt", "_id"]),
        new(MongoCollections.Number, "linked", ["linkedPhone"]) { Sparse = true },
        new(MongoCollections.Number, "recorded", ["recordedAt"]) { Sparse = true },
        new(MongoCollections.Number, "owner", ["owner"]) { Sparse = true },
        new(MongoCollections.RecordPart, "number", ["number", "epoch"]),
        new(MongoCollections.Lease, "silo", ["silo"]),
        new(MongoCollections.Lease, "over", ["renewedAt"]) { ExpiresAfter = Ages.Silos },
        new(MongoCollections.Silo, "over", ["renewedAt"]) { ExpiresAfter = Ages.Silos },
        new(MongoCollections.Claim, "number", ["number", "commit"]),
        new(MongoCollections.Claim, "record", ["record"]),
        new(MongoCollections.Timeline, "number", ["number", "sequence"]),
        new(MongoCollections.Idempotency, "at", ["at"]),
        new(MongoCollections.PartyMerge, "into", ["into"]),
        new(MongoCollections.Chat, "party", ["party", "number"]),
        new(MongoCollections.Chat, "root", ["root"]),
        new(MongoCollections.Chat, "activity", ["merged", "activity", "_id"]),
        new(MongoCollections.Chat, "number_activity", ["number", "merged", "activity", "_id"]),
        new(MongoCollections.Chat, "unread", ["activity", "_id"]) { Only = UnreadChats },
        new(MongoCollections.Chat, "number_unread", ["number", "activity", "_id"]) { Only = UnreadChats },
        new(MongoCollections.Chat, "updated", ["merged", "updatedAt", "_id"]),
        new(MongoCollections.Chat, "number_updated", ["number", "merged", "updatedAt", "_id"]),
        new(MongoCollections.Contact, "open_party", ["openParty"]) { Unique = true, Sparse = true },
        new(MongoCollections.Contact, "party", ["party"]),
        new(MongoCollections.Message, "identity", ["number", "whatsAppId", "chat", "sender", "fromMe"]) { Unique = true },
        new(MongoCollections.Message, "chat", ["chat", "timestamp", "_id"]),
        new(MongoCollections.Message, "chat_updated", ["chat", "updatedAt", "_id"]),
        new(MongoCollections.Message, "chat_from", ["chat", "fromMe", "timestamp", "_id"]),
        new(MongoCollections.Queue, "waiting", ["number", "waiting"]),
        new(MongoCollections.Queue, "done", ["doneAt"]) { ExpiresAfter = TimeSpan.FromDays(7) },
        new(MongoCollections.SentMessage, "at", ["at"]),
        new(MongoCollections.Media, "evictable", ["state", "refetchable", "usedAt", "_id"]),
        new(MongoCollections.Media, "content", ["state", "hash", "size"]),
        new(MongoCollections.Outbox, "number", ["number", "commit", "place"]),
        new(MongoCollections.Outbox, "at", ["at"]),
        new(MongoCollections.ApiKey, "created", ["createdAt", "_id"]),
        new(MongoCollections.Member, "created", ["createdAt", "_id"]),
        new(MongoCollections.Member, "email", ["email"]) { Unique = true },
        new(MongoCollections.MemberSession, "expires", ["expiresAt"]),
        new(MongoCollections.CredentialPart, "number", ["number", "file", "place"]),
        new(MongoCollections.Reminder, "ByHash", ["IsDeleted", "ServiceId", "GrainHash"]),
        new(MongoCollections.Reminder, "ByName", ["IsDeleted", "ServiceId", "GrainId", "ReminderName"]),
        new(MongoCollections.SandboxAccount, "phone", ["phone"]),
        new(MongoCollections.SandboxSent, "number", ["number", "order"]),
        new(MongoCollections.SandboxSent, "last", ["number", "lastOrder"]),
        new(MongoCollections.SandboxSent, "unmoved", ["number", "isMoved"]),
        new(MongoCollections.SandboxSent, "at", ["at"]),
        new(MongoCollections.SandboxMail, "waiting", ["number", "waiting", "due", "_id"]),
        new(MongoCollections.SandboxMail, "number", ["number", "_id"]),
        new(MongoCollections.SandboxMail, "acknowledged", ["acknowledgedAt"]),
        new(MongoCollections.SandboxConnection, "number", ["number", "_id"]),
        new(MongoCollections.SandboxConnection, "end", ["number", "endOrder"]),
        new(MongoCollections.SandboxConnection, "ended", ["endedAt"]),
    ];

    /// <param name="stored">The document under <see cref="VersionSetting"/>.</param>
    public static bool IsNewer(BsonDocument stored) => stored["version"].ToInt64() > Version;

    public async Task Apply(TimeProvider clock, CancellationToken cancellationToken)
    {
        await CheckServer(clock, cancellationToken);
        await CheckVersion(cancellationToken);
        foreach (var indexes in Indexes.GroupBy(index => index.Collection))
        {
            await Create(indexes.Key, [.. indexes], cancellationToken);
        }
    }

    private async Task CheckServer(TimeProvider clock, CancellationToken cancellationToken)
    {
        var before = clock.GetUtcNow();
        var hello = await database.RunCommandAsync<BsonDocument>(new BsonDocument("isMaster", 1), cancellationToken: cancellationToken);
        if (hello.GetValue("maxWireVersion", 0).ToInt32() < WireVersion)
        {
            throw new DatabaseUnsuitableException("The MongoDB server is older than MongoDB 5.0.");
        }

        if (hello.TryGetValue("localTime", out var there) && there.IsValidDateTime
            && ClockSkew.Problem(ClockSkew.Between(before, there.ToUniversalTime(), clock.GetUtcNow())) is { } problem)
        {
            throw new DatabaseUnsuitableException(problem);
        }
    }

    private async Task CheckVersion(CancellationToken cancellationToken)
    {
        var settings = database.GetCollection<BsonDocument>(MongoCollections.Setting);
        var stored = await settings.FindOneAndUpdateAsync(
            new BsonDocument("_id", VersionSetting),
            new BsonDocument("$max", new BsonDocument("version", Version)),
            new FindOneAndUpdateOptions<BsonDocument> { IsUpsert = true, ReturnDocument = ReturnDocument.After },
            cancellationToken);
        if (IsNewer(stored))
        {
            throw new NewerSchemaException("The database");
        }
    }

    private async Task Create(string collection, List<MongoIndex> indexes, CancellationToken cancellationToken)
    {
        var made = await Made(collection, cancellationToken);
        if (indexes.Find(index => made.Exists(one => one["name"] == index.Name && !index.Is(one))) is { } other)
        {
            throw new DatabaseUnsuitableException(
                $"The index {other.Name} of the collection {collection} in MongoDB is not Loopwave's; drop it, or give Loopwave a database of its own.");
        }

        try
        {
            await database.GetCollection<BsonDocument>(collection).Indexes.CreateManyAsync(indexes.Select(index => index.Model()), cancellationToken);
        }
        catch (MongoCommandException error) when (error.Code is IndexExists or IndexDiffers)
        {
            throw new DatabaseUnsuitableException($"The collection {collection} in MongoDB has an index that stands in the way of one of Loopwave's: {error.ErrorMessage}");
        }
        catch (MongoCommandException error) when (MongoErrors.IsDuplicate(error))
        {
            throw new StorageDamagedException($"The collection {collection} in MongoDB holds two documents with one unique key: {error.ErrorMessage}", error);
        }

        // A server that leaves out what it does not know would leave unique keys unguarded.
        made = await Made(collection, cancellationToken);
        if (indexes.Find(index => !made.Exists(index.Is)) is { } missing)
        {
            throw new DatabaseUnsuitableException($"The database did not make the index {missing.Name} of the collection {collection}.");
        }
    }

    private async Task<List<BsonDocument>> Made(string collection, CancellationToken cancellationToken) =>
        await (await database.GetCollection<BsonDocument>(collection).Indexes.ListAsync(cancellationToken)).ToListAsync(cancellationToken);
}

/// <param name="Keys">Fields, all rising: an index is read from both ends.</param>
internal sealed record MongoIndex(string Collection, string Name, string[] Keys)
{
    public bool Unique { get; init; }

    /// <summary>Documents without the fields are not in it.</summary>
    public bool Sparse { get; init; }

    /// <summary>Which documents are in it, where not all; a server that does not know of this has all in it.</summary>
    public BsonDocument? Only { get; init; }

    /// <summary>The server deletes documents this long after the time in the field, by its own clock.</summary>
    public TimeSpan? ExpiresAfter { get; init; }

    /// <summary>Whether the server's description of an index is of this one.</summary>
    public bool Is(BsonDocument index) => index["name"] == Name && index["key"].AsBsonDocument.Names.SequenceEqual(Keys)
        && index.GetValue("unique", false).ToBoolean() == Unique && index.GetValue("sparse", false).ToBoolean() == Sparse;

    public CreateIndexModel<BsonDocument> Model() => new(
        new BsonDocument(Keys.Select(key => new BsonElement(key, 1))),
        new CreateIndexOptions<BsonDocument>
        {
            Name = Name, Unique = Unique ? true : null, Sparse = Sparse ? true : null, ExpireAfter = ExpiresAfter, PartialFilterExpression = Only,
        });
}
