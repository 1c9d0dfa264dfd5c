using Loopwave.Chats;
using Loopwave.Engines;
using Loopwave.Media;
using Loopwave.Webhooks;

namespace Loopwave.Messages;

/// <summary>Messages that arrive, live or as history, written by others or on our own phone.</summary>
internal sealed partial class Inbound
{
    private void Receive(InboundMessage inbound, bool history)
    {
        var party = work.Party(inbound.Jid, inbound.OtherJid);
        if (IsOursOnceMore(inbound, history))
        {
            return;
        }

        var sender = inbound.FromMe ? null : inbound.Participant is null ? party : work.Party(inbound.Participant, inbound.OtherParticipant);
        var jid = BestAddress(inbound.Jid, inbound.OtherJid);
        var name = Jids.IsGroup(inbound.Jid) || inbound.FromMe ? null : inbound.PushName;
        var chat = work.Chat(party, jid, name);
        if (name is not null)
        {
            // What a person was called long ago does not take the place of what they are called now.
            work.Contact(party, jid, name, onlyIfUnnamed: history);
        }

        if (IsDuplicate(inbound, chat.Id, sender, history))
        {
            return;
        }

        var author = Author(inbound, sender);
        var id = NewId.Message(inbound.Timestamp, work.Order());
        var file = inbound.File is { } remote ? NewMedia(remote, id, inbound.Timestamp) : null;
        var message = new MessageDocument
        {
            Id = id,
            Number = work.Number.Id,
            Chat = chat.Id,
            Sender = sender,
            WhatsAppId = inbound.WhatsAppId,
            FromMe = inbound.FromMe,
            History = history,
            Author = author,
            Type = inbound.Type,
            Text = inbound.Text,
            Media = file?.Id,
            Location = inbound.Location,
            Contacts = inbound.Contacts,
            Poll = inbound.Poll,
            ReplyTo = inbound.ReplyTo is { } target ? _known.Target(target, chat.Id)?.Id : null,
            Mentions = inbound.Mentions,
            Status = inbound.FromMe ? MessageStatus.Sent : MessageStatus.Received,
            Timestamp = inbound.Timestamp,
            Timeline = [new StatusChange(inbound.FromMe ? MessageStatus.Sent : MessageStatus.Received, inbound.Timestamp)],
            UpdatedAt = work.Now,
        };
        work.Add(message);
        Arrived(message, work.Book.Chat(chat.Id)!, history);
    }

    // Counts it, shows it in its chat and announces it; history only shows.
    private void Arrived(MessageDocument message, ChatDocument chat, bool history)
    {
        if (history)
        {
            work.Put(chat.With(message, unread: false, chat.AppliedSequence, work.Now));
            return;
        }

        work.Announce(sequence =>
        {
            work.Put(chat.With(message, unread: !message.FromMe, sequence, work.Now) with { Verified = true });
            return PublicEvents.MessageCreated(View(message), sequence, work.Now);
        });
        work.Active(chat.Id);
        if (!message.FromMe)
        {
            work.CountReceived();
        }
    }

    private MessageAuthor Author(InboundMessage inbound, string? sender)
    {
        if (inbound.FromMe)
        {
            return new MessageAuthor(AuthorType.Phone);
        }

        var contact = sender is null ? null : work.Book.ContactOf(sender);
        var jid = inbound.Participant is null ? BestAddress(inbound.Jid, inbound.OtherJid) : BestAddress(inbound.Participant, inbound.OtherParticipant);
        return new MessageAuthor(AuthorType.Contact, contact?.Id, inbound.PushName ?? contact?.Name, jid);
    }

    private MediaDocument NewMedia(RemoteFile remote, string message, DateTimeOffset at)
    {
        var file = new MediaDocument
        {
            Id = NewId.Media(), Number = work.Number.Id, Message = message, MimeType = remote.MimeType, FileName = remote.FileName, Size = remote.Size,
            DurationSeconds = remote.DurationSeconds, State = MediaState.None, Remote = remote, UsedAt = at, CreatedAt = work.Now,
        };
        work.Put(file);
        return file;
    }

    private static string BestAddress(string jid, string? other) =>
        other is not null && Jids.Phone(jid) is null && Jids.Phone(other) is not null ? other : jid;
}
