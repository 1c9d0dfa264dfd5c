using System.Text.Json.Serialization;

namespace Loopwave;

/// <summary>What a caller asked for, or why it was refused. A fault nobody planned is an exception instead.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.outcome`1")]
public sealed record Outcome<T>
{
    /// <summary>The answer; set exactly when <see cref="Refusal"/> is not.</summary>
    [Id(0)] public T? Value { get; init; }

    /// <summary>Why nothing was done.</summary>
    [Id(1)] public Refusal? Refusal { get; init; }

    public static implicit operator Outcome<T>(T value) => new() { Value = value };

    public static implicit operator Outcome<T>(Refusal refusal) => new() { Refusal = refusal };
}

/// <summary>A refusal that the caller can expect and answer.</summary>
/// <param name="Code">The machine-readable reason; the API turns it into a status and an error code.</param>
/// <param name="Message">One sentence for a person. Never holds a secret, a path or somebody else's number.</param>
/// <param name="RetryAfter">When asking again may help, counted from now.</param>
/// <param name="MayWorkElsewhere">
/// Nothing was done, since the silo that was asked does not reach the number's own: another silo may. API nodes ask one before they answer;
/// one of an older release answers by the code.
/// </param>
[GenerateSerializer, Immutable, Alias("loopwave.refusal")]
public sealed record Refusal(
    [property: Id(0)] RefusalCode Code,
    [property: Id(1)] string Message,
    [property: Id(2)] TimeSpan? RetryAfter = null,
    [property: Id(3)] bool MayWorkElsewhere = false);

/// <summary>Every reason for which a request is refused. Values may be added at the end, never reused.</summary>
[Alias("loopwave.refusal-code")]
public enum RefusalCode
{
    InvalidInput,
    InvalidCursor,
    UnknownNumber,
    NotFound,
    NoReadySession,
    QueueFull,
    Conflict,
    AlreadyLinked,
    NotLinking,
    NumberRemoved,
    NumberNotAllowed,
    IdempotencyConflict,
    IdempotencyMismatch,
    MediaUnavailable,
    DiskFull,
    StorageUnavailable,
    Unauthorized,
    Forbidden,
    RateLimited,
    PayloadTooLarge,
}

/// <summary>A reason as the public shapes show it.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.cause")]
public sealed record Cause([property: Id(0)] string Code, [property: Id(1)] string Message);

/// <summary>A person as the public shapes show them.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.person")]
public sealed record Person([property: Id(0)] string Id, [property: Id(1)] string Name);

/// <summary>One page of a list; <paramref name="NextCursor"/> is null on the last page.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.page`1")]
public sealed record Page<T>([property: Id(0)] IReadOnlyList<T> Data, [property: Id(1)] string? NextCursor);

/// <summary>Which page of a list is wanted.</summary>
/// <param name="Limit">1 to 200 items.</param>
/// <param name="Cursor">What the page before gave as its next cursor; null for the first page.</param>
/// <param name="UpdatedAfter">Only items changed after this time; the list is then sorted by that, oldest first.</param>
[GenerateSerializer, Immutable, Alias("loopwave.page-request")]
public sealed record PageRequest(
    [property: Id(0)] int Limit = 50,
    [property: Id(1)] string? Cursor = null,
    [property: Id(2)] DateTimeOffset? UpdatedAfter = null);

/// <summary>What the caller's key lets it see and touch.</summary>
/// <param name="SandboxOnly">Keys with the prefix <c>lw_test_</c> see only sandbox numbers.</param>
/// <param name="Numbers">The only numbers this caller sees; null for all.</param>
[GenerateSerializer, Immutable, Alias("loopwave.access")]
public sealed record Access(
    [property: Id(0)] bool SandboxOnly = false,
    [property: Id(1)] IReadOnlyList<string>? Numbers = null)
{
    public static Access All { get; } = new();

    public bool Allows(string number, EngineKind engine) =>
        (!SandboxOnly || engine is EngineKind.Sandbox) && (Numbers is null || Numbers.Contains(number));
}

/// <summary>Which network a number speaks to.</summary>
[Alias("loopwave.engine-kind")]
public enum EngineKind
{
    [JsonStringEnumMemberName("whatsapp")]
    WhatsApp,
    Sandbox,
}
