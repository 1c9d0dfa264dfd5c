namespace Loopwave.Chats;

/// <summary>Reads of chats and of the parties behind them.</summary>
public interface IChatStore
{
    /// <summary>A chat by its id; of a merged one, the chat it was merged into.</summary>
    Task<ChatDocument?> Get(string id);

    /// <summary>The chats of a number with these parties (canonical ids), merged ones left out.</summary>
    Task<IReadOnlyList<ChatDocument>> Find(string number, IReadOnlyCollection<string> parties);

    /// <summary>The chats that any number has with this party, most recently active first, merged ones left out.</summary>
    Task<IReadOnlyList<ChatDocument>> FindAnywhere(string party);

    /// <summary>This chat and all that were merged into it.</summary>
    Task<IReadOnlyList<string>> WithMerged(string chat);

    /// <summary>
    /// One page; merged chats are left out. A cursor of another list or filter is an <see cref="InvalidCursorException"/>. What is looked for by
    /// comparing chat by chat (a search, a status) ends a page after some thousands of them: it can hold less than its limit, and go on.
    /// </summary>
    Task<Page<ChatDocument>> List(ChatQuery query);

    /// <summary>Who is behind these addresses: the canonical party of each that is known.</summary>
    Task<IReadOnlyDictionary<string, string>> Parties(IReadOnlyCollection<string> jids);

    /// <summary>The canonical party of each of these parties.</summary>
    Task<IReadOnlyDictionary<string, string>> Canonical(IReadOnlyCollection<string> parties);
}

/// <summary>Which chats to list: last message first, or by change with <c>UpdatedAfter</c>.</summary>
public sealed record ChatQuery(ChatFilter Filter, PageRequest Page, Access Access);

/// <summary>A chat as it is stored.</summary>
public sealed record ChatDocument
{
    public required string Id { get; init; }
    public required string Number { get; init; }

    /// <summary>The other side, by its surrogate id as it was when the chat began.</summary>
    public required string Party { get; init; }

    /// <summary>The WhatsApp chat id, in its best known form.</summary>
    public required string Jid { get; init; }
    public required ChatType Type { get; init; }
    public string? Name { get; init; }
    public string? Contact { get; init; }
    public ChatStatus Status { get; init; }
    public Person? Assignee { get; init; }
    public int UnreadCount { get; init; }
    public LastMessage? LastMessage { get; init; }
    public DateTimeOffset? LastMessageAt { get; init; }

    /// <summary>When our phone last read the chat, by the network's clock: an older or known read changes nothing.</summary>
    public DateTimeOffset? ReadAt { get; init; }

    /// <summary>The network confirmed that somebody is behind this address.</summary>
    public bool Verified { get; init; }

    /// <summary>The number's sequence of the last event applied here: what comes again changes nothing.</summary>
    public long AppliedSequence { get; init; }
    public DateTimeOffset? ResolvedAt { get; init; }

    /// <summary>The chat that took this one over.</summary>
    public string? MergedInto { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
}
