using Loopwave.Chats;
using Loopwave.Engines;
using Loopwave.Media;
using Loopwave.Numbers;
using Loopwave.Webhooks;

namespace Loopwave.Messages;

/// <summary>
/// What arrives from the network, applied to a change of the number. Everything it needs was read before; it decides and
/// never waits. Whatever arrives a second time changes nothing.
/// </summary>
/// <param name="known">The stored messages that the events may speak of, by network id.</param>
/// <param name="canonical">The canonical party of each stored sender, and the canonical chat of each stored chat.</param>
internal sealed class Inbound(
    NumberWork work,
    SendQueue queue,
    ILookup<string, MessageDocument> known,
    IReadOnlyDictionary<string, string> canonical,
    IReadOnlyDictionary<string, MediaDocument> media)
{
    public void Apply(EngineEvent evt)
    {
        switch (evt)
        {
            case EngineEvent.MessageReceived received:
                Receive(received.Message, history: false);
                break;
            case EngineEvent.HistoryReceived older:
                foreach (var message in older.Messages)
                {
                    Receive(message, history: true);
                }

                break;
            case EngineEvent.ServerAcknowledged acknowledged:
                Acknowledge(acknowledged);
                break;
            case EngineEvent.ReceiptReceived receipt:
                foreach (var id in receipt.WhatsAppIds)
                {
                    Receipt(id, receipt);
                }

                break;
            case EngineEvent.ChatRead read:
                Read(read);
                break;
            case EngineEvent.ReactionReceived reaction:
                Change(reaction.Jid, reaction.Target, "reactions", message => React(
                    message, new Reaction(reaction.Emoji, reaction.FromMe, reaction.FromMe ? null : reaction.Participant ?? reaction.Jid, reaction.At)));
                break;
            case EngineEvent.MessageEdited edited:
                Change(edited.Jid, edited.Target, "text", message => message.Edit(edited.Text, edited.At, work.Now));
                break;
            case EngineEvent.MessageRevoked revoked:
                Change(revoked.Jid, revoked.Target, "deleted", message => message.Revoke(revoked.At, work.Now));
                break;
            case EngineEvent.AliasLearned alias:
                work.Party(alias.PhoneJid, alias.Lid);
                break;
            case EngineEvent.Named named:
                Name(named);
                break;
            default:
                // What is about the connection was taken by the session.
                break;
        }
    }

    /// <summary>A row of the queue is through, by the network's word or by a receipt that implies it.</summary>
    public void Settle(QueueItem item, MessageDocument message, DateTimeOffset at)
    {
        queue.Done(item.Sequence);
        work.Dequeue(item.Sequence);
        switch (item.Kind)
        {
            case OutboundKind.Message:
                Sent(message, MessageStatus.Sent, at);
                break;
            case OutboundKind.Reaction:
                Update(message, "reactions", React(message, new Reaction(item.Argument ?? "", true, null, at)));
                break;
            case OutboundKind.Edit:
                Update(message, "text", message.Edit(item.Argument ?? "", at, work.Now));
                break;
            case OutboundKind.Revoke:
                Update(message, "deleted", message.Revoke(at, work.Now));
                break;
        }
    }

    /// <summary>A row of the queue ends without having been sent.</summary>
    public void GiveUp(QueueItem item, MessageDocument message, Cause error)
    {
        queue.Done(item.Sequence);
        work.Dequeue(item.Sequence);

        // What was to happen to a message that is out already did not: the message stays, and says what failed.
        var failed = item.Kind is OutboundKind.Message
            ? message.Fail(error, work.Now)
            : message with { Error = error, UpdatedAt = work.Now };
        PutChanged(failed);
        work.Announce(sequence => PublicEvents.MessageStatus(View(failed), work.Now, sequence, work.Now));
    }

    /// <summary>A person took a message back before it was sent.</summary>
    public void Cancel(QueueItem item, MessageDocument message)
    {
        queue.Done(item.Sequence);
        work.Dequeue(item.Sequence);
        var cancelled = message.Cancel(work.Now);
        PutChanged(cancelled);
        work.Announce(sequence => PublicEvents.MessageStatus(View(cancelled), work.Now, sequence, work.Now));
    }

    /// <summary>A file that came with a message is here now, or cannot be fetched.</summary>
    public void FileChanged(MediaDocument file, MessageDocument? message)
    {
        work.Put(file);
        if (message?.Media == file.Id)
        {
            var changed = message with { UpdatedAt = work.Now };
            work.Put(changed);
            work.Announce(sequence => PublicEvents.MessageUpdated(View(changed), "media", sequence, work.Now));
        }
    }

    private void Receive(InboundMessage inbound, bool history)
    {
        var party = work.Party(inbound.Jid, inbound.OtherJid);
        if (inbound.FromMe && FindSent(inbound.WhatsAppId) is { } sent)
        {
            Again(sent, ChatOf(sent), history, inbound.Timestamp);
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

        if (Find(inbound.WhatsAppId, chat.Id, inbound.FromMe, sender) is { } before)
        {
            Again(before, work.Book.Chat(chat.Id)!, history, inbound.Timestamp);
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
            ReplyTo = inbound.ReplyTo is { } target ? FindTarget(target, chat.Id)?.Id : null,
            Mentions = inbound.Mentions,
            Status = inbound.FromMe ? MessageStatus.Sent : MessageStatus.Received,
            Timestamp = inbound.Timestamp,
            Timeline = [new StatusChange(inbound.FromMe ? MessageStatus.Sent : MessageStatus.Received, inbound.Timestamp)],
            UpdatedAt = work.Now,
        };
        work.Add(message);
        Arrived(message, work.Book.Chat(chat.Id)!, history);
    }

    private void Again(MessageDocument message, ChatDocument chat, bool history, DateTimeOffset at)
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

    private void Acknowledge(EngineEvent.ServerAcknowledged acknowledged)
    {
        var item = queue.FindByWhatsAppId(acknowledged.WhatsAppId);
        var message = item is null ? FindOwn(acknowledged.WhatsAppId) : FindById(item.Message);
        if (message is null)
        {
            return;
        }

        if (item is null)
        {
            // Late, after we had given up on it.
            if (acknowledged.Error is null)
            {
                Sent(message, MessageStatus.Sent, acknowledged.At);
            }
        }
        else if (acknowledged.Error is { } code)
        {
            GiveUp(item, message, MessageRules.Refused(code));
        }
        else
        {
            Settle(item, message, acknowledged.At);
        }
    }

    private void Receipt(string whatsAppId, EngineEvent.ReceiptReceived receipt)
    {
        if (queue.FindByWhatsAppId(whatsAppId) is { } item && FindById(item.Message) is { } waiting)
        {
            Settle(item, waiting, receipt.At);
        }

        if (FindOwn(whatsAppId) is { } message)
        {
            Sent(message, receipt.Kind is ReceiptKind.Read ? MessageStatus.Read : MessageStatus.Delivered, receipt.At);
        }
    }

    // Moves one of our messages forward. The first step out of the queue is also the moment it is announced.
    private void Sent(MessageDocument message, MessageStatus status, DateTimeOffset at)
    {
        var first = message.Status is MessageStatus.Queued or MessageStatus.Scheduled || message.Error?.Code == MessageRules.Uncertain.Code;
        var next = message.Advance(status, at, work.Now);
        if (ReferenceEquals(next, message))
        {
            return;
        }

        PutChanged(next);
        if (first)
        {
            // What waited for long is the newest message of its chat only now.
            var chat = ChatOf(next);
            work.Put(chat.With(next, unread: false, chat.AppliedSequence, work.Now));
            work.CountSent();
            work.Announce(sequence => PublicEvents.MessageCreated(View(next), sequence, work.Now));
            work.Active(chat.Id);
        }

        work.Announce(sequence => PublicEvents.MessageStatus(View(next), at, sequence, work.Now));
    }

    // A read that comes again must not take with it what arrived after it.
    private void Read(EngineEvent.ChatRead read)
    {
        if (work.Book.Party(read.Jid) is { } party && work.Book.ChatWith(party) is { } chat && chat.IsNews(read.At))
        {
            work.Put(chat.Read(work.Now) with { ReadAt = read.At });
            if (chat.UnreadCount > 0)
            {
                work.Active(chat.Id);
            }
        }
    }

    private MessageDocument React(MessageDocument message, Reaction reaction) => message.React(
        reaction, message.Reactions.FirstOrDefault(one => one.FromMe == reaction.FromMe && IsSamePerson(one.Jid, reaction.Jid)), work.Now);

    private bool IsSamePerson(string? jid, string? other) =>
        jid == other || (jid is not null && other is not null && work.Book.Party(jid) is { } party && party == work.Book.Party(other));

    private void Change(string jid, TargetMessage target, string what, Func<MessageDocument, MessageDocument> change)
    {
        if (work.Book.Party(jid) is { } party && work.Book.ChatWith(party) is { } chat && FindTarget(target, chat.Id) is { } message)
        {
            Update(message, what, change(message));
        }
    }

    private void Update(MessageDocument before, string what, MessageDocument after)
    {
        if (ReferenceEquals(before, after))
        {
            return;
        }

        PutChanged(after);
        work.Announce(sequence => PublicEvents.MessageUpdated(View(after), what, sequence, work.Now));
    }

    private void PutChanged(MessageDocument message)
    {
        work.Put(message);
        if (ChatOf(message) is { } chat && chat.LastMessage?.Id == message.Id)
        {
            work.Put(chat.Changed(message, work.Now));
        }
    }

    private void Name(EngineEvent.Named named)
    {
        var party = work.Party(named.Jid, null);
        if (!Jids.IsGroup(named.Jid))
        {
            work.Contact(party, named.Jid, named.Name);
        }

        if (work.Book.ChatWith(party) is { } chat)
        {
            if (chat.Name != named.Name)
            {
                work.Put(chat with { Name = named.Name, UpdatedAt = work.Now });
            }
        }
        else if (Jids.IsGroup(named.Jid))
        {
            work.KeepSubject(named.Jid, named.Name);
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

    private MessageDocument? Find(string whatsAppId, string chat, bool fromMe, string? sender) => Candidates(whatsAppId)
        .FirstOrDefault(message => message.FromMe == fromMe && Canonical(message.Chat) == chat
            && (fromMe || message.Sender is null || Canonical(message.Sender) == sender));

    // Two people of a group can have used one id. A participant under an address that nobody knows is told by the id alone.
    private MessageDocument? FindTarget(TargetMessage target, string chat)
    {
        var found = Candidates(target.WhatsAppId)
            .Where(message => Canonical(message.Chat) == chat && message.FromMe == target.FromMe)
            .DistinctBy(message => message.Id).ToList();
        var party = target.FromMe || target.Participant is null ? null : work.Book.Party(target.Participant);
        return found.FirstOrDefault(message => party is null || message.Sender is null || Canonical(message.Sender) == party)
            ?? (found.Count == 1 ? found[0] : null);
    }

    // The ids of what we sent are ours: such a message is the same one, under whichever address it comes back.
    private MessageDocument? FindSent(string whatsAppId) =>
        Candidates(whatsAppId).FirstOrDefault(message => message.FromMe && message.Author.Type is not AuthorType.Phone);

    private MessageDocument? FindOwn(string whatsAppId) => Candidates(whatsAppId).FirstOrDefault(message => message.FromMe);

    private MessageDocument? FindById(string id) =>
        known.SelectMany(group => group).Where(message => message.Id == id).Select(work.Latest).FirstOrDefault();

    // Messages of this very change come first: a repeat can stand in the same batch.
    private IEnumerable<MessageDocument> Candidates(string whatsAppId) => work.Added(whatsAppId)
        .Concat(known[whatsAppId].Select(work.Latest));

    // As stored, and as merged since by this very change.
    private string Canonical(string id)
    {
        id = canonical.GetValueOrDefault(id, id);
        while (work.Book.MergedInto(id) is { } into)
        {
            id = into;
        }

        return id;
    }

    private ChatDocument ChatOf(MessageDocument message) => work.Book.Chat(Canonical(message.Chat))!;

    private MessageView View(MessageDocument message)
    {
        var chat = ChatOf(message);
        var file = message.Media is null ? null : work.Media(message.Media) ?? media.GetValueOrDefault(message.Media);
        return message.View(chat.Id, chat.Jid, file);
    }

    private static string BestAddress(string jid, string? other) =>
        other is not null && Jids.Phone(jid) is null && Jids.Phone(other) is not null ? other : jid;
}
