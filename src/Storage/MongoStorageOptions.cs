using Loopwave.Deployment;

namespace Loopwave.Storage;

/// <summary>Where a deployment keeps its data when it keeps it in MongoDB.</summary>
public sealed record MongoStorageOptions
{
    /// <summary>
    /// <c>MONGODB_URI</c>: <c>mongodb://user:password@host:27017/database</c>, or <c>mongodb+srv://</c>, MongoDB 5.0 or later. The user may
    /// create collections and indexes in the database, which belongs to this deployment alone. Write concern, read concern and time limits
    /// are Loopwave's own, whatever stands there.
    /// </summary>
    public required string Uri { get; init; }

    /// <summary><c>CREDENTIALS_KEY</c>: 32 bytes in base64, the same for all processes of a cluster; not asked for where <see cref="Local"/> is.</summary>
    public string? CredentialsKey { get; init; }

    /// <summary>Whose the data is to be; null asks nobody.</summary>
    public ClusterIdentity? Cluster { get; init; }

    /// <summary>A standalone deployment's own directories, which then hold the credentials and the media; null in a cluster.</summary>
    public LocalDataOptions? Local { get; init; }
}
