using Loopwave.Contacts;
using Loopwave.Messages;

namespace Loopwave.Chats;

/// <summary>What messages and people do to a chat. Pure.</summary>
internal static class ChatRules
{
    /// <summary>The chat with this message in it. The newest message is the last one, whenever it arrives.</summary>
    public static ChatDocument With(this ChatDocument chat, MessageDocument message, bool unread, long sequence, DateTimeOffset now)
    {
        var isLast = chat.LastMessage is null || message.Timestamp >= chat.LastMessageAt || chat.LastMessage.Id == message.Id;
        return chat with
        {
            LastMessage = isLast ? message.Summary() : chat.LastMessage,
            LastMessageAt = isLast ? message.Timestamp : chat.LastMessageAt,
            UnreadCount = chat.UnreadCount + (unread ? 1 : 0),
            Status = unread ? ChatStatus.Open : chat.Status,
            ResolvedAt = unread ? null : chat.ResolvedAt,
            AppliedSequence = Math.Max(chat.AppliedSequence, sequence),
            UpdatedAt = now,
        };
    }

    /// <summary>The chat after a change of a message that may be its last one.</summary>
    public static ChatDocument Changed(this ChatDocument chat, MessageDocument message, DateTimeOffset now) =>
        chat.LastMessage?.Id == message.Id
            ? chat with { LastMessage = message.Summary(), LastMessageAt = message.Timestamp, UpdatedAt = now }
            : chat;

    /// <summary>Whether being read at this time, on the phone, is not known yet.</summary>
    public static bool IsNews(this ChatDocument chat, DateTimeOffset readAt) =>
        chat.ReadAt is not { } before || readAt > before || (readAt == before && chat.LastMessageAt <= readAt);

    public static ChatDocument Read(this ChatDocument chat, DateTimeOffset now) =>
        chat.UnreadCount == 0 ? chat : chat with { UnreadCount = 0, UpdatedAt = now };

    /// <summary>Two chats turned out to be with one person: this one stays, the other answers under its id.</summary>
    public static ChatDocument Absorb(this ChatDocument chat, ChatDocument other, DateTimeOffset now)
    {
        var last = other.LastMessageAt > chat.LastMessageAt || chat.LastMessage is null ? other : chat;
        var open = chat.Status is ChatStatus.Open || other.Status is ChatStatus.Open;
        return chat with
        {
            Jid = Jids.IsLid(chat.Jid) ? other.Jid : chat.Jid,
            UnreadCount = chat.UnreadCount + other.UnreadCount,
            LastMessage = last.LastMessage,
            LastMessageAt = last.LastMessageAt,
            Status = open ? ChatStatus.Open : ChatStatus.Resolved,
            ResolvedAt = open ? null : Later(chat.ResolvedAt, other.ResolvedAt),
            ReadAt = Later(chat.ReadAt, other.ReadAt),
            Verified = chat.Verified || other.Verified,
            Assignee = chat.Assignee ?? other.Assignee,
            Name = chat.Name is { Length: > 0 } ? chat.Name : other.Name,
            AppliedSequence = Math.Max(chat.AppliedSequence, other.AppliedSequence),
            CreatedAt = chat.CreatedAt < other.CreatedAt ? chat.CreatedAt : other.CreatedAt,
            UpdatedAt = now,
        };
    }

    public static ChatView View(this ChatDocument chat, ContactDocument? contact) => new()
    {
        Id = chat.Id,
        ChatId = chat.Jid,
        Number = chat.Number,
        Type = chat.Type,
        Name = contact?.Name is { Length: > 0 } name ? name : chat.Name is { Length: > 0 } ? chat.Name : null,
        Phone = Jids.Phone(chat.Jid) ?? contact?.Phone,
        Contact = contact?.Id ?? chat.Contact,
        Tags = contact?.Tags ?? [],
        Status = chat.Status,
        Assignee = chat.Assignee,
        UnreadCount = chat.UnreadCount,
        LastMessage = chat.LastMessage,
        LastMessageAt = chat.LastMessageAt,
        ResolvedAt = chat.ResolvedAt,
        CreatedAt = chat.CreatedAt,
        UpdatedAt = chat.UpdatedAt,
    };

    private static DateTimeOffset? Later(DateTimeOffset? one, DateTimeOffset? other) =>
        one is null ? other : other is null || one > other ? one : other;
}
