namespace Loopwave.Chaos.Ledger;

/// <summary>A message of ours that was answered with 202.</summary>
/// <param name="Chat">The other side's phone.</param>
/// <param name="Place">Its place in its chat, in the order of acceptance.</param>
/// <param name="Text">Unlike any other of the run.</param>
internal sealed record AcceptedMessage(string Number, string Chat, int Place, string Text, string Id);

/// <summary>A message of ours that reached a network, by the network's own record.</summary>
/// <param name="Order">Rises within a chat with each message that arrives for the first time.</param>
/// <param name="Times">How often it arrived in all.</param>
/// <param name="IsSame">Every time as the same bytes.</param>
internal sealed record WireMessage(string Number, string Chat, string Text, string WhatsAppId, long Order, int Times, bool IsSame = true);

/// <summary>A message as the API shows it.</summary>
internal sealed record StoredMessage(string Number, string Chat, string Id, string Text, bool FromMe, string Status, string? Error = null);

/// <summary>What somebody wrote to one of our numbers, as far as the network took it.</summary>
internal sealed record SpokenMessage(string Number, string Chat, string Text);

/// <summary>A connection of a number, by the network's own record.</summary>
/// <param name="Ended">Null while it is open. Began and ended stand in one order, whatever the unit.</param>
/// <param name="IsReplaced">Another connection of the number ended it: it was still open when that one began.</param>
/// <param name="From">When it began, and <paramref name="To"/> when it ended, by the network's clock.</param>
internal sealed record NumberConnection(string Number, long Epoch, long Began, long? Ended, bool IsReplaced, DateTimeOffset From, DateTimeOffset? To);

/// <summary>A time in which nobody could end a connection of a number, or tell its network so.</summary>
/// <param name="Until">What its network ended later than this for the next connection, nothing of that time had kept open.</param>
internal sealed record CutOff(string Number, DateTimeOffset From, DateTimeOffset To, DateTimeOffset Until)
{
    /// <summary>When another silo had the number; null unless its own one was there all the time, and could end the connection.</summary>
    public DateTimeOffset? LostAt { get; init; }

    /// <summary>Whether the connection, which the next one ended, was open at some moment of it, and not for too long.</summary>
    public bool Excuses(NumberConnection connection) => connection.From <= To && connection.To >= From && connection.To <= Until;
}

/// <summary>A number at the end of the run.</summary>
/// <param name="Linked">How often it was being linked since the run began.</param>
internal sealed record NumberAtEnd(string Number, string Status, int Queued, int Linked);

/// <summary>What was asked for, and what was answered.</summary>
internal sealed record Claims(IReadOnlyList<AcceptedMessage> Accepted, IReadOnlyList<SpokenMessage> Spoken)
{
    /// <summary>Texts of messages that were asked for and never answered: they may be on the wire or not.</summary>
    public IReadOnlySet<string> Unanswered { get; init; } = new HashSet<string>();
}

/// <summary>What the networks recorded and the API shows, after everything has come to rest.</summary>
internal sealed record Evidence(
    IReadOnlyList<WireMessage> Wire,
    IReadOnlyList<StoredMessage> Stored,
    IReadOnlyList<NumberConnection> Connections,
    IReadOnlyList<NumberAtEnd> Numbers);

/// <summary>Something that must never be.</summary>
internal sealed record Violation(string Invariant, string What)
{
    public override string ToString() => $"{Invariant}: {What}";
}
