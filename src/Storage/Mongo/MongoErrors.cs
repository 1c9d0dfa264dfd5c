using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using MongoDB.Driver;

namespace Loopwave.Storage.Mongo;

/// <summary>The errors of MongoDB and of the way there.</summary>
internal sealed class MongoErrors(ILogger logger, TimeProvider clock) : DatabaseErrors(logger, clock)
{
    private const int DuplicateKey = 11000;
    private const int OutOfDiskSpace = 14031;

    // The first one in the message: behind it stands the key, and in that anything.
    private const string NameOfIndex = "index: ";

    protected override string Silent => "the database";

    /// <summary>There is a document under this key already.</summary>
    public static bool IsDuplicate(MongoException error) => error switch
    {
        MongoWriteException { WriteError.Category: ServerErrorCategory.DuplicateKey } => true,
        MongoCommandException { Code: DuplicateKey } => true,
        MongoBulkWriteException<MongoDB.Bson.BsonDocument> bulk => bulk.WriteConcernError is null && bulk.WriteErrors.All(IsDuplicate),
        _ => false,
    };

    /// <summary>The document is there under the same id, whatever other unique keys it has.</summary>
    public static bool IsSameId(BulkWriteError error) =>
        IsDuplicate(error) && error.Message.IndexOf(NameOfIndex, StringComparison.Ordinal) is >= 0 and var at
        && error.Message.AsSpan(at + NameOfIndex.Length).StartsWith("_id_");

    public override bool IsUnavailable(Exception error) => error switch
    {
        MongoIncompatibleDriverException => false,
        MongoConnectionException or MongoConnectionPoolPausedException or MongoWaitQueueFullException or MongoExecutionTimeoutException
            or MongoAuthenticationException or MongoNotPrimaryException or MongoNodeIsRecoveringException or MongoCursorNotFoundException
            or MongoWriteConcernException => true,
        MongoCommandException command => IsOfTheServer(command.Code) || HasRetryLabel(command),
        MongoWriteException write => write.WriteConcernError is not null || IsOfTheServer(write.WriteError?.Code ?? 0) || HasRetryLabel(write),
        MongoBulkWriteException bulk => bulk.WriteConcernError is not null || bulk.WriteErrors.Any(one => IsOfTheServer(one.Code)) || HasRetryLabel(bulk),
        TimeoutException or IOException or SocketException => true,
        _ => false,
    };

    protected override bool IsFull(Exception error) => error switch
    {
        MongoCommandException command => command.Code is OutOfDiskSpace,
        MongoWriteException write => write.WriteError?.Code is OutOfDiskSpace,
        MongoBulkWriteException bulk => bulk.WriteErrors.Any(one => one.Code is OutOfDiskSpace),
        _ => false,
    };

    protected override string Code(Exception error) =>
        error is MongoCommandException { Code: var code } ? $"MongoDB error {code}" : $"MongoDB, {error.GetType().Name}";

    private static bool IsDuplicate(BulkWriteError error) => error.Category is ServerErrorCategory.DuplicateKey;

    private static bool HasRetryLabel(MongoException error) => error.HasErrorLabel("RetryableWriteError");

    private static bool IsOfTheServer(int code) => code is
        6 or 7 or 89 or 9001 // the network
        or 13 or 18 // it does not let us in
        or 50 or 262 or 202 // its own time limits
        or 64 or 100 or 133 // too few members of its replica set
        or 91 or 189 or 10107 or 10058 or 11600 or 11602 or 13435 or 13436 // shut down, or another member leads now
        or 112 or 43 or 8000 or OutOfDiskSpace;
}
