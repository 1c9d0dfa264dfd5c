using Loopwave.Deployment;
using Loopwave.Storage.Sql;

namespace Loopwave.Storage;

/// <summary>Where a cluster keeps its data when it keeps it in PostgreSQL.</summary>
public sealed record PostgresStorageOptions
{
    /// <summary>
    /// <c>POSTGRES_URI</c>: <c>postgresql://user:password@host:port/database?sslmode=require</c>, or the keywords of Npgsql. The user
    /// may create tables in the database. Connections must lead to the server itself, not to a pool that gives each transaction another session.
    /// </summary>
    public required string Uri { get; init; }

    /// <summary><c>CREDENTIALS_KEY</c>: 32 bytes in base64, the same for all processes of the deployment.</summary>
    public required string CredentialsKey { get; init; }

    /// <summary>Whose the data is to be; null asks nobody.</summary>
    public ClusterIdentity? Cluster { get; init; }

    /// <summary>Moments of a commit, in tests.</summary>
    internal IUnitFaults? Faults { get; init; }
}
