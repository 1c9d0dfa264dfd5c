namespace Loopwave.Messages;

/// <summary>An open connection, by a name that no other connection of the number has.</summary>
internal sealed record Connection(string Id, DateTimeOffset OpenedAt);

/// <summary>What a send queue wants done. Asked again before it was done, it says the same.</summary>
/// <param name="Expired">Too late and never on the wire: fail them as expired.</param>
/// <param name="Uncertain">Repeated as often as allowed, or past their time, without an answer: fail them as uncertain.</param>
/// <param name="Repeat">On the wire of an earlier connection without an answer: relay the same bytes again.</param>
/// <param name="Send">Next in their chats: claim, prepare and hand them over.</param>
/// <param name="Deaf">The open connection left something unanswered for too long: close it.</param>
/// <param name="NextAt">When something falls due that no event announces.</param>
internal sealed record SendPlan(
    IReadOnlyList<QueueItem> Expired,
    IReadOnlyList<QueueItem> Uncertain,
    IReadOnlyList<QueueItem> Repeat,
    IReadOnlyList<QueueItem> Send,
    bool Deaf,
    DateTimeOffset? NextAt);
