using Orleans.Concurrency;

namespace Loopwave.ApiKeys;

/// <summary>
/// One API key, keyed by its public id (8 characters): checks it and counts its requests, so that the limit is exact
/// over all nodes.
/// </summary>
[Alias("loopwave.api-key")]
public interface IApiKeyGrain : IGrainWithStringKey
{
    /// <summary>Checks the secret (its SHA-256, hex) and takes one request from the current window.</summary>
    [Alias("admit")]
    [AlwaysInterleave]
    Task<KeyAdmission> Admit(string secretHash, bool testKey);

    [Alias("disable")]
    Task<Outcome<ApiKeyView>> SetEnabled(bool enabled);
}

/// <summary>Makes and lists API keys. Any number of copies, no state.</summary>
[Alias("loopwave.api-keys")]
public interface IApiKeysGrain : IGrainWithIntegerKey
{
    [Alias("create")]
    Task<Outcome<CreatedApiKey>> Create(NewApiKey key);

    [Alias("list")]
    Task<IReadOnlyList<ApiKeyView>> List();
}

/// <summary>What became of a request made with a key.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.key-admission")]
public sealed record KeyAdmission
{
    /// <summary>The key is known, enabled and its secret is right. Otherwise nothing else here is set.</summary>
    [Id(0)] public required bool Known { get; init; }

    /// <summary>The request is within the limit of the window.</summary>
    [Id(1)] public bool WithinRate { get; init; }
    [Id(2)] public int Limit { get; init; }
    [Id(3)] public int Remaining { get; init; }

    /// <summary>When the current window ends.</summary>
    [Id(4)] public DateTimeOffset ResetAt { get; init; }
    [Id(5)] public IReadOnlyList<string> Scopes { get; init; } = [];
    [Id(6)] public Access Access { get; init; } = Access.All;
    [Id(7)] public string Name { get; init; } = "";
}

/// <summary>A key to make.</summary>
/// <param name="Name">1 to 80 characters.</param>
/// <param name="Scopes">Known scopes; null means <c>*</c>, an empty list is refused.</param>
/// <param name="Test">A key that can only touch sandbox numbers (<c>lw_test_</c>).</param>
[GenerateSerializer, Immutable, Alias("loopwave.new-api-key")]
public sealed record NewApiKey(
    [property: Id(0)] string Name,
    [property: Id(1)] IReadOnlyList<string>? Scopes,
    [property: Id(2)] bool Test,
    [property: Id(3)] string Creator,
    [property: Id(4)] IReadOnlyList<string>? Numbers = null);

/// <summary>A key as lists show it; the secret is never part of it.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.api-key-view")]
public sealed record ApiKeyView
{
    [Id(0)] public required string Id { get; init; }
    [Id(1)] public required string Name { get; init; }

    /// <summary>The key's beginning and last four characters, to recognise it by.</summary>
    [Id(2)] public required string Hint { get; init; }
    [Id(3)] public required IReadOnlyList<string> Scopes { get; init; }
    [Id(4)] public IReadOnlyList<string>? Numbers { get; init; }
    [Id(5)] public required bool Enabled { get; init; }
    [Id(6)] public required DateTimeOffset CreatedAt { get; init; }
    [Id(7)] public DateTimeOffset? LastUsedAt { get; init; }
}

/// <summary>A new key; <paramref name="Key"/> is shown this once and never again.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.created-api-key")]
public sealed record CreatedApiKey([property: Id(0)] ApiKeyView View, [property: Id(1)] string Key);

/// <summary>The scopes a key can have.</summary>
public static class ApiScopes
{
    public const string Everything = "*";
    public const string MessagesWrite = "messages:write";
    public const string MessagesRead = "messages:read";
    public const string ChatsRead = "chats:read";
    public const string ContactsRead = "contacts:read";
    public const string ContactsWrite = "contacts:write";
    public const string TicketsRead = "tickets:read";
    public const string TicketsWrite = "tickets:write";
    public const string BroadcastsRead = "broadcasts:read";
    public const string BroadcastsWrite = "broadcasts:write";
    public const string NumbersRead = "numbers:read";
    public const string NumbersWrite = "numbers:write";
    public const string WebhooksWrite = "webhooks:write";

    public static IReadOnlyList<string> All { get; } =
    [
        Everything, MessagesWrite, MessagesRead, ChatsRead, ContactsRead, ContactsWrite, TicketsRead, TicketsWrite,
        BroadcastsRead, BroadcastsWrite, NumbersRead, NumbersWrite, WebhooksWrite,
    ];
}
