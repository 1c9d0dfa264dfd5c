using Loopwave.Chats;

namespace Loopwave.Messages;

/// <summary>
/// A message that is here already (<see cref="KnownMessages"/> tells) is not stored again. What its coming again says is
/// taken: that one of ours went through, or that one known from history is live.
/// </summary>
internal sealed partial class Inbound
{
    private void Duplicate(MessageDocument message, ChatDocument chat, bool history, DateTimeOffset at)
    {
        if (message.FromMe && queue.FindByWhatsAppId(message.WhatsAppId) is { } item)
        {
            // Our own message came back from another of our devices: it went through.
            Settle(item, message, at);
        }
        else if (message.History && !history)
        {
            var live = message with { History = false, UpdatedAt = work.Now };
            work.Put(live);
            Arrived(live, chat, history: false);
        }
        else if (message.FromMe)
        {
            // The same, after we had given up on it.
            Sent(message, MessageStatus.Sent, at);
        }
    }
}
