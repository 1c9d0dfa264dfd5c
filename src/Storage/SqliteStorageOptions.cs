using Loopwave.Storage.Sql;

namespace Loopwave.Storage;

/// <summary>Where standalone keeps its data.</summary>
public sealed record SqliteStorageOptions
{
    /// <summary><c>DATA_DIR</c>: the database and its lock file.</summary>
    public required string DataDirectory { get; init; }

    /// <summary><c>AUTH_DIR</c>: the credentials of linked devices; null for <c>auth</c> in the data directory.</summary>
    public string? AuthDirectory { get; init; }

    /// <summary><c>MEDIA_DIR</c>: the bytes of media; null for <c>media</c> in the data directory.</summary>
    public string? MediaDirectory { get; init; }

    /// <summary><c>CREDENTIALS_KEY</c>: 32 bytes in base64; null to use (and at first to make) a key file in the auth directory.</summary>
    public string? CredentialsKey { get; init; }

    /// <summary>Whoever has the data is alone with it. Not so where several silos of one test share what was opened once.</summary>
    internal bool SingleSilo { get; init; } = true;

    /// <summary>Stands between any two writes, in tests.</summary>
    internal IUnitFaults? Faults { get; init; }

    /// <summary>Ends the growth of the database, in tests.</summary>
    internal Func<int?>? MaxPages { get; init; }

    internal string Auth => AuthDirectory ?? Path.Combine(DataDirectory, "auth");

    internal string Media => MediaDirectory ?? Path.Combine(DataDirectory, "media");
}
