namespace Loopwave.Deployment;

/// <summary>
/// Storage cannot be read or written now: no room, a read-only disk, or the database is away. It may work later.
/// It crosses to callers as it is, so that they can tell it from a fault of ours.
/// </summary>
[GenerateSerializer, Alias("loopwave.storage-unavailable")]
public sealed class StorageUnavailableException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whoever threw it has written into the log what is the matter, once for all whom it concerns.</summary>
    [Id(0)]
    public bool IsLogged { get; init; }
}
