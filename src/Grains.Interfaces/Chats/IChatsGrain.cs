using Loopwave.Cluster;
using Loopwave.Messages;
using Orleans.Concurrency;

namespace Loopwave.Chats;

[Alias("loopwave.chat-type")]
public enum ChatType
{
    Direct,
    Group,
}

[Alias("loopwave.chat-status")]
public enum ChatStatus
{
    Open,
    Resolved,
}

/// <summary>A chat, as the API and events show it.</summary>
[GenerateSerializer, Immutable, Alias("loopwave.chat-view")]
public sealed record ChatView
{
    [Id(0)] public required string Id { get; init; }

    /// <summary>The WhatsApp chat id; can change once, when a phone becomes known. <see cref="Id"/> never does.</summary>
    [Id(1)] public required string ChatId { get; init; }
    [Id(2)] public required string Number { get; init; }
    [Id(3)] public required ChatType Type { get; init; }
    [Id(4)] public string? Name { get; init; }
    [Id(5)] public string? Phone { get; init; }
    [Id(6)] public string? Contact { get; init; }
    [Id(7)] public IReadOnlyList<string> Tags { get; init; } = [];
    [Id(8)] public required ChatStatus Status { get; init; }
    [Id(9)] public Person? Assignee { get; init; }
    [Id(10)] public int UnreadCount { get; init; }
    [Id(11)] public LastMessage? LastMessage { get; init; }
    [Id(12)] public DateTimeOffset? LastMessageAt { get; init; }
    [Id(13)] public DateTimeOffset? ResolvedAt { get; init; }
    [Id(14)] public required DateTimeOffset CreatedAt { get; init; }
    [Id(15)] public required DateTimeOffset UpdatedAt { get; init; }
}

[GenerateSerializer, Immutable, Alias("loopwave.last-message")]
public sealed record LastMessage(
    [property: Id(0)] string Id,
    [property: Id(1)] MessageType Type,
    [property: Id(2)] string? Text,
    [property: Id(3)] bool FromMe,
    [property: Id(4)] MessageStatus Status,
    [property: Id(5)] DateTimeOffset Timestamp);

/// <summary>The chats of the deployment: lists and finds them. Any number of copies, no state.</summary>
[Alias("loopwave.chats")]
public interface IChatsGrain : IWay
{
    /// <summary>Last message first.</summary>
    [Alias("list"), ReadOnly]
    Task<Outcome<Page<ChatView>>> List(ChatFilter filter, PageRequest page, Access access);

    /// <param name="chat">A <c>c_…</c> id, a jid or digits; of several chats of one jid the most recently active.</param>
    [Alias("get"), ReadOnly]
    Task<Outcome<ChatView>> Get(string chat, string? number, Access access);

    /// <summary>A chat as <see cref="Get"/> finds it, with who writes in it as far as its number can say at this moment.</summary>
    [Alias("get-details"), ReadOnly]
    Task<Outcome<ChatDetails>> GetDetails(string chat, string? number, Access access);

    /// <summary>
    /// Shows the other side what we do. Not queued, not kept and not repeated: refused with
    /// <see cref="RefusalCode.NoReadySession"/> while the number is not ready, and with <see cref="RefusalCode.RateLimited"/>
    /// when it is told too often.
    /// </summary>
    [Alias("set-presence")]
    Task<Outcome<PresenceState>> SetPresence(string chat, PresenceState state, Access access);

    /// <summary>Marks the chat read for the whole team and, where the setting says so, tells the sender.</summary>
    [Alias("mark-read")]
    Task<Outcome<ChatView>> MarkRead(string chat, Access access);
}

/// <summary>Which chats to list; null fields do not filter.</summary>
/// <param name="Unread">Only chats with (or without) unread messages.</param>
/// <param name="Search">Words of the chat's name, or digits of its phone.</param>
[GenerateSerializer, Immutable, Alias("loopwave.chat-filter")]
public sealed record ChatFilter(
    [property: Id(0)] ChatStatus? Status = null,
    [property: Id(1)] bool? Unread = null,
    [property: Id(2)] string? Number = null,
    [property: Id(3)] string? Search = null);
