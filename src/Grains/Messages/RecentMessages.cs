namespace Loopwave.Messages;

/// <summary>
/// Messages of ours that were stored just now. Within seconds of being accepted a message is sent, acknowledged and delivered, and
/// each time what is stored of it is looked at; this saves reading it. It knows only messages whose network id nobody else uses.
/// Belongs to what one activation keeps of its number, and is gone with it after a write that failed. Not thread-safe.
/// </summary>
internal sealed class RecentMessages
{
    /// <summary>A queue that is longer than this is read from storage.</summary>
    public const int Most = 32;

    /// <summary>How long a message is kept that nobody changes.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(30);

    private readonly List<Kept> _kept = [];

    public int Count => _kept.Count;

    public MessageDocument? Find(string id) => _kept.Find(kept => kept.Message.Id == id)?.Message;

    /// <summary>The only message of this network id; null says nothing.</summary>
    public MessageDocument? FindByWhatsAppId(string whatsAppId) => _kept.Find(kept => kept.Message.WhatsAppId == whatsAppId)?.Message;

    /// <summary>A change of the number was stored.</summary>
    /// <param name="change">Its place in the order in which changes were begun: an earlier one that is heard of later is old.</param>
    public void Stored(IEnumerable<MessageDocument> added, IEnumerable<MessageDocument> changed, long change, DateTimeOffset now)
    {
        foreach (var message in added)
        {
            // Our ids are made here and never used before; one that comes from elsewhere under the same id makes it two.
            var isFirst = _kept.RemoveAll(kept => kept.Message.WhatsAppId == message.WhatsAppId) == 0;
            if (isFirst && message.FromMe && message.Author.Type is not AuthorType.Phone)
            {
                Keep(new Kept(message, change, now));
            }
        }

        foreach (var message in changed)
        {
            if (_kept.Find(kept => kept.Message.Id == message.Id) is { } before && before.Change < change)
            {
                _kept.Remove(before);
                Keep(new Kept(message, change, now));
            }
        }
    }

    /// <summary>Lets go of what has not changed for a while.</summary>
    public void Trim(DateTimeOffset now)
    {
        _kept.RemoveAll(kept => now - kept.At >= KeptFor);
        if (_kept.Count == 0)
        {
            _kept.TrimExcess();
        }
    }

    private void Keep(Kept kept)
    {
        if (_kept.Count == Most)
        {
            _kept.RemoveAt(0);
        }

        _kept.Add(kept);
    }

    private sealed record Kept(MessageDocument Message, long Change, DateTimeOffset At);
}
