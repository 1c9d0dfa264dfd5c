using Loopwave.Chats;
using Loopwave.Contacts;
using Loopwave.Engines;
using Loopwave.Media;
using Loopwave.Messages;
using Loopwave.Telemetry;
using Loopwave.Webhooks;

namespace Loopwave.Numbers;

/// <summary>
/// One change of a number while it is put together: working copies of what it touches, and what must be written. Nothing
/// here waits, so a change is put together in one go and nothing slips in between.
/// </summary>
internal sealed partial class NumberWork(NumberState state, DateTimeOffset now)
{
    private readonly Dictionary<string, MessageDocument> _new = [];
    private readonly Dictionary<string, MessageDocument> _changed = [];
    private readonly Dictionary<string, List<string>> _newByWhatsAppId = [];
    private readonly Dictionary<string, ChatDocument> _chats = [];
    private readonly Dictionary<string, ContactDocument> _contacts = [];
    private readonly Dictionary<string, MediaDocument> _media = [];
    private readonly List<PartyAlias> _aliases = [];
    private readonly List<PartyMerge> _merges = [];
    private readonly List<EngineEvent.AliasLearned> _learned = [];
    private readonly List<string> _begun = [];
    private readonly List<QueueItem> _enqueued = [];
    private readonly List<QueueItem> _queue = [];
    private readonly List<long> _dequeued = [];
    private readonly List<SentBytes> _sent = [];
    private readonly List<TimelineEntry> _timeline = [];
    private readonly List<OutboxEvent> _events = [];
    private readonly List<IdempotencyRecord> _idempotency = [];
    private readonly HashSet<string> _active = [];
    private readonly List<(string From, string Into)> _joined = [];
    private NumberDocument? _document;
    private DayCounters? _day;
    private NumberSession? _session;
    private NumberSession? _sessionBefore;
    private long _change;
    private List<AnsweredRow>? _answered;
    private List<QueueItem>? _givenUp;
    private List<FollowedReceipt>? _receipts;
    private List<RefusedChange>? _refused;

    public DateTimeOffset Now => now;

    /// <summary>When it was begun, as the readers of the book count.</summary>
    public long Began { get; } = state.Book.Readers.Next();

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
        _sessionBefore ??= before.Session;
        _session = next.Session;
        _change = state.TakeChange();
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

    /// <summary>All of this change is stored, or needed no storing.</summary>
    public void Settle()
    {
        if (_document is not null)
        {
            state.Settle(_change, _session!);
        }
        else
        {
            state.SettleWhatNeedsNoSaving();
        }
    }

    /// <summary>The session before and after this change; null when it is not in it.</summary>
    public (NumberSession From, NumberSession To)? Moved => _session is { } to ? (_sessionBefore!, to) : null;

    /// <summary>The rows of the send queue that the network answered.</summary>
    public IReadOnlyList<AnsweredRow> Answered => _answered ?? (IReadOnlyList<AnsweredRow>)[];

    public void Answer(AnsweredRow row) => (_answered ??= []).Add(row);

    /// <summary>The rows of the send queue that ended without having been sent, or without anybody knowing.</summary>
    public IReadOnlyList<QueueItem> GivenUp => _givenUp ?? (IReadOnlyList<QueueItem>)[];

    public void GiveUp(QueueItem row) => (_givenUp ??= []).Add(row);

    /// <summary>Receipts for messages whose way is followed.</summary>
    public IReadOnlyList<FollowedReceipt> Receipts => _receipts ?? (IReadOnlyList<FollowedReceipt>)[];

    public void Follow(FollowedReceipt receipt) => (_receipts ??= []).Add(receipt);

    /// <summary>What somebody wanted changed and may not change.</summary>
    public IReadOnlyList<RefusedChange> Refused => _refused ?? (IReadOnlyList<RefusedChange>)[];

    public void Refuse(RefusedChange change) => (_refused ??= []).Add(change);

    public void Removed() => _events.Add(PublicEvents.SessionRemoved(state.Document, state.Take(), now));

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

    /// <summary>Keeps the bytes of a row that is handed over, for receivers who ask for them again.</summary>
    public void Keep(QueueItem handed) => _sent.Add(new SentBytes(handed.Number, handed.WhatsAppId, handed.Prepared!, now));

    public void Dequeue(long sequence) => _dequeued.Add(sequence);

    public void Remember(IdempotencyRecord record) => _idempotency.Add(record);

    public void CountReceived() => Count(received: 1, sent: 0);

    public void CountSent() => Count(received: 0, sent: 1);

    public void Announce(Func<long, OutboxEvent> make) => _events.Add(make(state.Take()));

    /// <summary>A place in the order of what this number stores.</summary>
    public long Order() => state.Take();

    /// <summary>Addresses that this change found to be one person, one of whom others may know already.</summary>
    public IReadOnlyList<EngineEvent.AliasLearned> Learned => _learned;

    /// <summary>Addresses of people known before, with whom this change begins a chat.</summary>
    public IReadOnlyList<string> Begun => _begun;

    /// <summary>Chats that this change joins into another one.</summary>
    public IReadOnlyList<(string From, string Into)> Joined => _joined;

    /// <summary>Notes that something happened in a chat; announced once, with the chat as it is in the end.</summary>
    public void Active(string chat) => _active.Add(chat);

    public NumberChanges Finish()
    {
        foreach (var id in _active.Select(Remaining).Distinct())
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
            Sent = _sent,
            Media = [.. _media.Values],
            Events = _events,
            Idempotency = _idempotency,
        };
    }

    private void Count(int received, int sent)
    {
        var today = state.Day.On(DateOnly.FromDateTime(now.UtcDateTime));
        state.Day = today with { Received = today.Received + received, Sent = today.Sent + sent };
        _day = state.Day;
    }
}
