namespace Loopwave.Messages;

/// <summary>Messages as they are stored, with a count of the questions about single ones.</summary>
internal sealed class CountedMessages(IMessageStore inner) : IMessageStore
{
    private int _asked;

    public int Asked => _asked;

    public Task<MessageDocument?> Get(string id)
    {
        Interlocked.Increment(ref _asked);
        return inner.Get(id);
    }

    public Task<IReadOnlyList<MessageDocument>> Get(IReadOnlyCollection<string> ids)
    {
        Interlocked.Increment(ref _asked);
        return inner.Get(ids);
    }

    public Task<IReadOnlyList<MessageDocument>> FindByWhatsAppId(string number, IReadOnlyCollection<string> whatsAppIds)
    {
        Interlocked.Increment(ref _asked);
        return inner.FindByWhatsAppId(number, whatsAppIds);
    }

    public Task<Page<MessageDocument>> List(IReadOnlyCollection<string> chats, PageRequest page) => inner.List(chats, page);

    public Task<MessageDocument?> Oldest(IReadOnlyCollection<string> chats) => inner.Oldest(chats);

    public Task<IReadOnlyList<MessageDocument>> NewestInbound(IReadOnlyCollection<string> chats, int limit) => inner.NewestInbound(chats, limit);
}
