using Loopwave.Chats;
using Loopwave.Contacts;
using Loopwave.Media;
using Loopwave.Messages;
using Loopwave.Webhooks;

namespace Loopwave.Numbers;

/// <summary>
/// One change of a number while it is put together: working copies of what it touches, and what must be written. Nothing
/// here waits, so a change is put together in one go and nothing slips in between.
/// </summary>
internal sealed class NumberWork(NumberState state, DateTimeOffset now)
{
    private readonly Dictionary<string, MessageDocument> _new = [];
    private readonly Dictionary<string, MessageDocument> _changed = [];
    private readonly Dictionary<string, List<string>> _newByWhatsAppId = [];
    private readonly Dictionary<string, ChatDocument> _chats = [];
    private readonly Dictionary<string, ContactDocument> _contacts = [];
    private readonly Dictionary<string, MediaDocument> _media = [];
    private readonly List<PartyAlias> _aliases = [];
    private readonly List<PartyMerge> _merges = [];
    private readonly List<QueueItem> _enqueued = [];
    private readonly List<QueueItem> _queue = [];
    private readonly List<long> _dequeued = [];
    private readonly List<TimelineEntry> _timeline = [];
    private readonly List<OutboxEvent> _events = [];
    private readonly List<IdempotencyRecord> _idempotency = [];
    private readonly HashSet<string> _active = [];
    private NumberDocument? _document;
    private DayCounters? _day;

    public DateTimeOffset Now => now;

    public NumberDocument Number => state.Document;

    public ChatBook Book => state.Book;

    public bool IsEmpty => _document is null && _new.Count == 0 && _changed.Count == 0 && _chats.Count == 0 && _aliases.Count == 0
        && _queue.Count == 0 && _enqueued.Count == 0 && _dequeued.Count == 0 && _events.Count == 0 && _media.Count == 0
        && _contacts.Count == 0 && _merges.Count == 0;

    /// <summary>Changes what is stored of the number itself. A new public status is put on the timeline and announced.</summary>
    public void Change(NumberDocument next)
    {
        var before = state.Document;
        state.Document = next with { UpdatedAt = now };
        if (!before.Session.ShowsLike(next.Session))
        {
            _timeline.Add(new TimelineEntry(next.Id, state.Take(), next.Session.Transition(now)));
            _events.Add(PublicEvents.SessionStatus(state.Document, before.Session.Status, state.Take(), now));
        }

        if (before.Session.NeedsSaving(next.Session) || before with { Session = next.Session } != next)
        {
            _document = state.Document;
        }
    }

    public void Removed() => _events.Add(PublicEvents.SessionRemoved(state.Document, state.Take(), now));

    /// <summary>The party behind these two forms of an address; made if nobody knows them, merged if they were two.</summary>
    public string Party(string jid, string? otherJid)
    {
        var party = Book.Party(jid);
        var other = otherJid is null ? null : Book.Party(otherJid);
        if (party is not null && other is not null && party != other)
        {
            return Merge(jid, party, otherJid!, other);
        }

        var known = party ?? other ?? NewId.Party();
        Learn(jid, party, known);
        if (otherJid is not null)
        {
            Learn(otherJid, other, known);
        }

        return known;
    }

    /// <summary>The chat with a party; begun when there is none.</summary>
    public ChatDocument Chat(string party, string jid, string? name)
    {
        if (Book.ChatWith(party) is { } known)
        {
            return UpgradeAddress(known, jid);
        }

        var group = Jids.IsGroup(jid);
        var contact = group ? null : Contact(party, jid, name);
        var chat = new ChatDocument
        {
            Id = NewId.Chat(),
            Number = Number.Id,
            Party = party,
            Jid = jid,
            Type = group ? ChatType.Group : ChatType.Direct,
            Name = group ? name : contact!.Name,
            Contact = contact?.Id,
            CreatedAt = now,
            UpdatedAt = now,
        };
        Book.Put(party, chat);
        _chats[chat.Id] = chat;
        return chat;
    }

    /// <summary>The contact of a party; made when there is none. A better name takes the place of a bare number.</summary>
    public ContactDocument Contact(string party, string jid, string? name)
    {
        var known = Book.ContactOf(party);
        var phone = Jids.Phone(jid) ?? known?.Phone;
        var contact = known ?? new ContactDocument
        {
            Id = NewId.Contact(), Party = party, Name = name ?? Jids.Phone(jid) ?? "", Phone = phone, CreatedAt = now, UpdatedAt = now,
        };
        var better = name is { Length: > 0 } && name != contact.Name ? name : contact.Name;
        if (known is null || better != contact.Name || phone != contact.Phone)
        {
            contact = contact with { Name = better, Phone = phone, UpdatedAt = now };
            _contacts[contact.Id] = contact;
            Book.Put(party, contact);
        }

        return contact;
    }

    public void Put(ChatDocument chat)
    {
        _chats[chat.Id] = chat;
        Book.Put(chat);
    }

    public void Add(MessageDocument message)
    {
        _new[message.Id] = message;
        if (!_newByWhatsAppId.TryGetValue(message.WhatsAppId, out var ids))
        {
            _newByWhatsAppId.Add(message.WhatsAppId, ids = []);
        }

        ids.Add(message.Id);
    }

    public void Put(MessageDocument message)
    {
        var target = _new.ContainsKey(message.Id) ? _new : _changed;
        target[message.Id] = message;
    }

    /// <summary>The message as this change has it, or as given.</summary>
    public MessageDocument Latest(MessageDocument message) =>
        _new.GetValueOrDefault(message.Id) ?? _changed.GetValueOrDefault(message.Id) ?? message;

    public IEnumerable<MessageDocument> Added(string whatsAppId) =>
        _newByWhatsAppId.TryGetValue(whatsAppId, out var ids) ? ids.Select(id => _new[id]) : [];

    public void Put(MediaDocument media) => _media[media.Id] = media;

    public MediaDocument? Media(string? id) => id is null ? null : _media.GetValueOrDefault(id);

    public void Enqueue(QueueItem item) => _enqueued.Add(item);

    public void Put(QueueItem item) => _queue.Add(item);

    public void Dequeue(long sequence) => _dequeued.Add(sequence);

    public void Remember(IdempotencyRecord record) => _idempotency.Add(record);

    public void CountReceived() => Count(received: 1, sent: 0);

    public void CountSent() => Count(received: 0, sent: 1);

    public void Announce(Func<long, OutboxEvent> make) => _events.Add(make(state.Take()));

    /// <summary>Notes that something happened in a chat; announced once, with the chat as it is in the end.</summary>
    public void Active(string chat) => _active.Add(chat);

    public NumberChanges Finish()
    {
        foreach (var id in _active)
        {
            var chat = Book.Chat(id)!;
            Announce(sequence => PublicEvents.ChatsUpdated(chat.View(Book.ContactOf(chat)), "activity", sequence, now));
        }

        return new NumberChanges
        {
            Number = Number.Id,
            Epoch = state.Epoch,
            Sequence = state.Sequence,
            Document = _document,
            Day = _day,
            Timeline = _timeline,
            Aliases = _aliases,
            Merges = _merges,
            Chats = [.. _chats.Values],
            Contacts = [.. _contacts.Values],
            NewMessages = [.. _new.Values],
            ChangedMessages = [.. _changed.Values],
            Enqueued = _enqueued,
            ChangedQueue = _queue,
            Dequeued = _dequeued,
            Media = [.. _media.Values],
            Events = _events,
            Idempotency = _idempotency,
        };
    }

    /// <summary>Puts chats of one person together that were begun before anybody knew.</summary>
    public void JoinDoubles()
    {
        foreach (var (party, id) in Book.TakeDoubles())
        {
            if (Book.ChatWith(party) is { } keep && Book.Chat(id) is { } other && keep.Id != id)
            {
                Join(party, keep, other);
            }
        }
    }

    private void Learn(string jid, string? known, string party)
    {
        if (known is null)
        {
            Book.Know(jid, party);
            _aliases.Add(new PartyAlias(jid, party));
        }
    }

    // The phone's party stays: it is the one that integrators know by its number.
    private string Merge(string jid, string party, string otherJid, string other)
    {
        var (from, into) = Jids.Phone(jid) is not null || Jids.Phone(otherJid) is null ? (other, party) : (party, other);
        var chatFrom = Book.ChatWith(from);
        var chatInto = Book.ChatWith(into);
        var contactFrom = Book.ContactOf(from);
        var contactInto = Book.ContactOf(into);
        _merges.Add(new PartyMerge(from, into));
        Book.Merge(from, into);
        if (contactFrom is not null && contactInto is not null)
        {
            _contacts[contactFrom.Id] = contactFrom with { MergedInto = contactInto.Id, UpdatedAt = now };
            if (contactInto.Name == (contactInto.Phone ?? "") && contactFrom.Name.Length > 0)
            {
                _contacts[contactInto.Id] = contactInto with { Name = contactFrom.Name, UpdatedAt = now };
                Book.Put(into, _contacts[contactInto.Id]);
            }
        }
        else if (contactFrom is not null)
        {
            _contacts[contactFrom.Id] = contactFrom with { Party = into, Phone = contactFrom.Phone ?? Jids.Phone(jid) ?? Jids.Phone(otherJid), UpdatedAt = now };
            Book.Put(into, _contacts[contactFrom.Id]);
        }

        if (chatFrom is not null && chatInto is not null)
        {
            Join(into, chatInto, chatFrom);
        }
        else if (chatFrom is not null)
        {
            Book.Put(into, chatFrom);
            UpgradeAddress(chatFrom, Jids.Phone(jid) is null ? otherJid : jid);
        }

        return into;
    }

    private void Join(string party, ChatDocument keep, ChatDocument other)
    {
        Put(keep.Absorb(other, now));
        Put(other with { MergedInto = keep.Id, UnreadCount = 0, UpdatedAt = now });
        Book.Put(party, Book.Chat(keep.Id)!);
        Active(keep.Id);
    }

    // A chat that was begun under a hidden address shows the phone once it is known; its own id never changes.
    private ChatDocument UpgradeAddress(ChatDocument chat, string jid)
    {
        if (!Jids.IsLid(chat.Jid) || Jids.Phone(jid) is null)
        {
            return chat;
        }

        var upgraded = chat with { Jid = jid, UpdatedAt = now };
        Put(upgraded);
        return upgraded;
    }

    private void Count(int received, int sent)
    {
        var today = state.Day.On(DateOnly.FromDateTime(now.UtcDateTime));
        state.Day = today with { Received = today.Received + received, Sent = today.Sent + sent };
        _day = state.Day;
    }
}

/// <summary>What an activation keeps of its number, as it stands including changes whose commit is still under way.</summary>
internal sealed class NumberState(NumberDocument document, long epoch, long sequence, DayCounters day, ChatBook book)
{
    public NumberDocument Document { get; set; } = document;

    public long Epoch { get; } = epoch;

    /// <summary>The highest sequence number taken so far.</summary>
    public long Sequence { get; private set; } = sequence;

    public DayCounters Day { get; set; } = day;

    public ChatBook Book { get; } = book;

    public CommitLane Lane { get; } = new();

    public long Take() => ++Sequence;
}
