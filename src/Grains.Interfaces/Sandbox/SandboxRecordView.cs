namespace Loopwave.Sandbox;

/// <summary>
/// A message of ours as it reached the servers. <c>Order</c> rises over everything the servers ever recorded, whatever
/// the clock does, so it also tells the order within a chat.
/// </summary>
[GenerateSerializer, Immutable, Alias("loopwave.sandbox-sent")]
public sealed record SandboxSent
{
    [Id(0)] public required string WhatsAppId { get; init; }

    /// <summary>The chat as it was addressed.</summary>
    [Id(1)] public required string Jid { get; init; }

    /// <summary>The chat in its phone form, the same for both forms of one person.</summary>
    [Id(2)] public required string Chat { get; init; }

    /// <summary><c>message</c>, <c>reaction</c>, <c>edit</c> or <c>revoke</c>.</summary>
    [Id(3)] public required string Kind { get; init; }
    [Id(4)] public string? Text { get; init; }

    /// <summary>The first arrival.</summary>
    [Id(5)] public required SandboxArrival First { get; init; }

    /// <summary>How often it arrived in all.</summary>
    [Id(6)] public required int Count { get; init; }

    /// <summary>The arrivals after the first.</summary>
    [Id(7)] public IReadOnlyList<SandboxArrival> Repeats { get; init; } = [];
}

/// <summary>One time that a message reached the servers.</summary>
/// <param name="Connection">The connection it came over.</param>
/// <param name="Hash">SHA-256 of its bytes, in hex: the same on every repeat.</param>
[GenerateSerializer, Immutable, Alias("loopwave.sandbox-arrival")]
public sealed record SandboxArrival(
    [property: Id(0)] long Order,
    [property: Id(1)] long Connection,
    [property: Id(2)] long Epoch,
    [property: Id(3)] DateTimeOffset At,
    [property: Id(4)] string Hash);

/// <summary>A message to the number (or typed on its phone) as the servers hold it.</summary>
/// <param name="AcknowledgedAt">When the number had it for good; null while it is delivered again at every connection.</param>
/// <param name="ReadAt">When the number said that it was read.</param>
[GenerateSerializer, Immutable, Alias("loopwave.sandbox-inbound")]
public sealed record SandboxInbound(
    [property: Id(0)] string WhatsAppId,
    [property: Id(1)] string Jid,
    [property: Id(2)] long Order,
    [property: Id(3)] DateTimeOffset At,
    [property: Id(4)] DateTimeOffset? AcknowledgedAt,
    [property: Id(5)] DateTimeOffset? ReadAt);

/// <summary>
/// One connection of a number. Two were open at once exactly when one's <c>Id</c> lies between another's <c>Id</c> and
/// its <c>EndOrder</c>; times alone can mislead, since clocks jump.
/// </summary>
/// <param name="Id">Drawn from the same rising order as everything else in the record.</param>
/// <param name="EndOrder">Null while it is open.</param>
/// <param name="End">How it ended: a code, <c>closed</c> by us, <c>superseded</c> by a higher epoch, or <c>process</c> when ours ended without a word.</param>
[GenerateSerializer, Immutable, Alias("loopwave.sandbox-connection")]
public sealed record SandboxConnectionView(
    [property: Id(0)] long Id,
    [property: Id(1)] long Epoch,
    [property: Id(2)] string Host,
    [property: Id(3)] DateTimeOffset From,
    [property: Id(4)] DateTimeOffset? To,
    [property: Id(5)] long? EndOrder,
    [property: Id(6)] string? End);
