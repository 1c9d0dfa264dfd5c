namespace Loopwave.Messages;

/// <summary>Reads of messages. Each answer holds everything that was committed before the call.</summary>
public interface IMessageStore
{
    Task<MessageDocument?> Get(string id);

    Task<IReadOnlyList<MessageDocument>> Get(IReadOnlyCollection<string> ids);

    /// <summary>
    /// Messages of a number with one of these network ids. There may be several of one id (other chats or senders);
    /// the caller compares canonical chat and sender.
    /// </summary>
    Task<IReadOnlyList<MessageDocument>> FindByWhatsAppId(string number, IReadOnlyCollection<string> whatsAppIds);

    /// <summary>
    /// The messages of these chats (one chat and what was merged into it), newest first, or by change with
    /// <c>UpdatedAfter</c>. A cursor of another list is an <see cref="InvalidCursorException"/>.
    /// </summary>
    Task<Page<MessageDocument>> List(IReadOnlyCollection<string> chats, PageRequest page);

    /// <summary>The oldest message of these chats, history included; null when there is none.</summary>
    Task<MessageDocument?> Oldest(IReadOnlyCollection<string> chats);

    /// <summary>Inbound messages of these chats from newest to oldest, at most <paramref name="limit"/>: what a read receipt is about.</summary>
    Task<IReadOnlyList<MessageDocument>> NewestInbound(IReadOnlyCollection<string> chats, int limit);
}
