namespace Loopwave.ApiKeys;

/// <summary>The stored API keys. The secret itself is never stored.</summary>
public interface IApiKeyStore
{
    Task<ApiKeyDocument?> Get(string id);

    Task<IReadOnlyList<ApiKeyDocument>> List();

    /// <summary>Stores a key as it stands, new or changed.</summary>
    Task Put(ApiKeyDocument key);

    /// <summary>
    /// Notes that a key was used, and leaves all else as it stands, whatever becomes of it meanwhile. A use that was later stays; of a key
    /// that there is not nothing is noted.
    /// </summary>
    Task NoteUse(string id, DateTimeOffset at);
}

public sealed record ApiKeyDocument
{
    public required string Id { get; init; }
    public required string Name { get; init; }
    public required bool Test { get; init; }

    /// <summary>SHA-256 of the secret, in hex: enough for 256 random bits.</summary>
    public required string SecretHash { get; init; }
    public required string LastFour { get; init; }
    public required IReadOnlyList<string> Scopes { get; init; }
    public IReadOnlyList<string>? Numbers { get; init; }
    public required bool Enabled { get; init; }
    public required string Creator { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? LastUsedAt { get; init; }
}
