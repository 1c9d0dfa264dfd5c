using Loopwave.Chats;
using Loopwave.Engines;

namespace Loopwave.Messages;

/// <summary>
/// A message that is here already (<see cref="KnownMessages"/> tells) is not stored again. What its coming again says is
/// taken: that one of ours went through, that one known from history is live, or what one says that could not be read.
/// </summary>
internal sealed partial class Inbound
{
    /// <summary>It was sent from here and comes back from another of our devices, under whichever address.</summary>
    private bool IsOursOnceMore(InboundMessage inbound, bool history)
    {
        if (!inbound.FromMe || _known.Sent(inbound.WhatsAppId) is not { } sent)
        {
            return false;
        }

        Drop(sent, _known.ChatOf(sent), history, inbound.Timestamp);
        return true;
    }

    /// <summary>The same chat, sender and id came before.</summary>
    private bool IsDuplicate(InboundMessage inbound, string chat, string? sender, bool history)
    {
        if (_known.Find(inbound.WhatsAppId, chat, inbound.FromMe, sender) is not { } before)
        {
            return false;
        }

        if (MessageRules.IsReadAtLast(before, inbound))
        {
            Fill(before, inbound, work.Book.Chat(chat)!, history);
        }
        else
        {
            Drop(before, work.Book.Chat(chat)!, history, inbound.Timestamp);
        }

        return true;
    }

    // Its sender repeated it, or our phone gave what it has of it.
    private void Fill(MessageDocument unread, InboundMessage inbound, ChatDocument chat, bool history)
    {
        var file = inbound.File is { } remote ? NewMedia(remote, unread.Id, inbound.Timestamp) : null;
        var answers = inbound.ReplyTo is { } target ? _known.Target(target, chat.Id)?.Id : null;
        var read = unread.Fill(inbound, file?.Id, answers, work.Now);
        if (!unread.History)
        {
            Update(unread, file is null ? "text" : "media", read);
        }
        else if (history)
        {
            PutChanged(read);
        }
        else
        {
            Live(read, chat);
        }
    }

    private void Drop(MessageDocument message, ChatDocument chat, bool history, DateTimeOffset at)
    {
        if (message.FromMe && queue.FindByWhatsAppId(message.WhatsAppId) is { } item)
        {
            // Our own message came back from another of our devices: it went through.
            Settle(item, message, at);
        }
        else if (message.History && !history)
        {
            Live(message, chat);
        }
        else if (message.FromMe)
        {
            // The same, after we had given up on it.
            Sent(message, MessageStatus.Sent, at);
        }
    }

    private void Live(MessageDocument message, ChatDocument chat)
    {
        var live = message with { History = false, UpdatedAt = work.Now };
        work.Put(live);
        Arrived(live, chat, history: false);
    }
}
