using Loopwave.Chats;

namespace Loopwave.Engines;

/// <summary>
/// What a person in a chat does at this moment. No <see cref="EngineEvent"/>: it has no place in the stream, is not stored,
/// not acknowledged and never comes again.
/// </summary>
/// <param name="Participant">In groups, who.</param>
[GenerateSerializer, Immutable, Alias("loopwave.engine-presence")]
public sealed record EnginePresence(
    [property: Id(0)] string Number,
    [property: Id(1)] long Epoch,
    [property: Id(2)] string Jid,
    [property: Id(3)] PresenceState State,
    [property: Id(4)] string? Participant = null);
