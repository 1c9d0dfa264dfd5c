using Loopwave.Engines;

namespace Loopwave.Messages;

/// <summary>
/// The send queue of one number, as rules over its rows: per chat in order and one in flight, nothing before its time,
/// nothing too late, repeats only with the same id. Knows no storage, no engine and no clock; the grain carries out what
/// it plans and tells it what became of that. Not thread-safe.
/// </summary>
internal sealed partial class SendQueue(SendRules rules)
{
    private readonly Dictionary<long, Row> _rows = [];
    private readonly Dictionary<string, long> _byWhatsAppId = [];
    private readonly Dictionary<string, long> _byMessage = [];
    private readonly ChatLines _lines = new();

    // Where rows are, by what they wait for. Times people set are those of the wall clock; all others are measured.
    private readonly SortedSet<(DateTimeOffset At, long Sequence)> _later = [];
    private readonly SortedSet<(DateTimeOffset At, long Sequence)> _expiring = [];
    private readonly SortedSet<(DateTimeOffset At, long Sequence)> _unsettledUntil = [];
    private readonly SortedSet<(TimeSpan At, long Sequence)> _resting = [];
    private readonly SortedSet<(TimeSpan At, long Sequence)> _claimed = [];
    private readonly SortedSet<(TimeSpan At, long Sequence)> _unanswered = [];
    private readonly SortedSet<long> _unsettled = [];
    private readonly SortedSet<long> _suspects = [];
    private readonly HashSet<long> _suspectsOnWire = [];
    private readonly SortedSet<long> _expired = [];

    // Rows come with rising sequences: where none is left, none comes back.
    private long _emptyUpTo;

    private DateTimeOffset? _seen;
    private TimeSpan _measured;
    private TimeSpan _nextSendAt;
    private string? _connection;
    private string? _handedTo;
    private TimeSpan _openedAt;
    private TimeSpan _heardAt;

    private enum Place
    {
        /// <summary>Not due yet, by the wish of whoever sent it. Blocks nobody.</summary>
        Later,

        /// <summary>In line in its chat.</summary>
        Waiting,

        /// <summary>Came back, and is tried again after a pause. Its chat waits for it.</summary>
        Resting,

        /// <summary>Being prepared. Its chat waits for it.</summary>
        Claimed,

        /// <summary>On the wire, now or in an earlier connection, without an answer. Its chat waits for it.</summary>
        Handed,

        /// <summary>Too late. Waits to be taken out.</summary>
        Expired,
    }

    public int Count => _rows.Count;

    /// <summary>When the first of the rows that have not left expires, those among them that are scheduled for later; null when there is none.</summary>
    public DateTimeOffset? FirstExpiry => _expiring.Count > 0 ? _expiring.Min.At : null;

    /// <summary>Whether the number can take no more rows.</summary>
    public bool IsFull => _rows.Count >= rules.Capacity;

    /// <summary>How long a queue as full as this takes to have room again, by the pacing.</summary>
    public TimeSpan RetryAfter => TimeSpan.FromSeconds(Math.Clamp(Math.Ceiling(rules.MeanGap.TotalSeconds * Math.Max(1, Count / 100)), 1, 3600));

    public QueueItem? Find(long sequence) => _rows.GetValueOrDefault(sequence)?.Item;

    public QueueItem? FindByWhatsAppId(string whatsAppId) =>
        _byWhatsAppId.TryGetValue(whatsAppId, out var sequence) ? Find(sequence) : null;

    /// <summary>The row that sends this message, not one that acts upon it.</summary>
    public QueueItem? FindByMessage(string message) =>
        _byMessage.TryGetValue(message, out var sequence) ? Find(sequence) : null;

    /// <summary>Rows up to a sequence, the oldest first, without those whose commit is under way.</summary>
    public IReadOnlyList<QueueItem> UpTo(long sequence, int limit)
    {
        if (sequence <= _emptyUpTo)
        {
            return [];
        }

        var rows = _rows.Keys.Where(one => one <= sequence).Order().ToList();
        _emptyUpTo = rows.Count == 0 ? sequence : _emptyUpTo;
        return [.. rows.Where(one => !_lines.IsHeld(one)).Take(limit).Select(one => _rows[one].Item)];
    }

    /// <summary>Takes a row that storage holds: a new one, or after a restart one in any state.</summary>
    public void Add(QueueItem item, DateTimeOffset now)
    {
        Measure(now);

        // What was claimed and not handed over before a restart was never on the wire: it starts over.
        var row = new Row(item.State is QueueState.Claimed ? item with { State = QueueState.Queued } : item);
        _rows.Add(item.Sequence, row);
        _byWhatsAppId[item.WhatsAppId] = item.Sequence;
        if (item.Kind is OutboundKind.Message)
        {
            _byMessage[item.Message] = item.Sequence;
        }

        if (item.State is QueueState.Handed)
        {
            // What became of it is unknown; it blocks its chat until that is settled.
            EnterHanded(row, connection: null, _measured);
            return;
        }

        Watch(row);
        if (item.DueAt <= now)
        {
            EnterLine(row);
        }
        else if (item.Failures > 0)
        {
            EnterRest(row, _measured + (item.DueAt - now));
        }
        else
        {
            row.Place = Place.Later;
            _later.Add((item.DueAt, item.Sequence));
        }
    }

    /// <summary>Takes a new row whose commit is under way: it keeps its place in its chat, and waits for <see cref="Accepted"/>.</summary>
    public void Accept(QueueItem item, DateTimeOffset now)
    {
        _lines.Hold(item.Sequence);
        Add(item, now);
        _expiring.Remove((item.ExpiresAt, item.Sequence));
    }

    /// <summary>The row is durable and may go.</summary>
    public void Accepted(long sequence)
    {
        if (_rows.TryGetValue(sequence, out var row) && row.Place is Place.Later or Place.Waiting)
        {
            _lines.Release(row.Item.Chat, sequence);
            Watch(row);
        }
    }

    /// <summary>
    /// The row as it is from now on, claimed: its chat waits until it is done. False when it is no longer there to be
    /// claimed; then nothing may be done with it.
    /// </summary>
    public bool Claimed(QueueItem item)
    {
        if (!_rows.TryGetValue(item.Sequence, out var row) || row.Place is not Place.Waiting)
        {
            return false;
        }

        Leave(row);
        row.Item = item;
        row.Place = Place.Claimed;
        row.At = _measured;
        _claimed.Add((row.At, item.Sequence));
        _lines.Busy(item.Chat, item.Sequence);
        return true;
    }

    /// <summary>
    /// The row as it is from now on, on the wire of this connection since <paramref name="now"/>. False when it is no longer
    /// there to be handed over; then nothing may be done with it.
    /// </summary>
    public bool Handed(QueueItem item, string connection, DateTimeOffset now, TimeSpan gap)
    {
        Measure(now);
        if (!_rows.TryGetValue(item.Sequence, out var row) || row.Place is not (Place.Claimed or Place.Handed))
        {
            return false;
        }

        if (ExpireInsteadOfHanding(row, now))
        {
            return false;
        }

        Leave(row);
        _expiring.Remove((row.Item.ExpiresAt, item.Sequence));
        row.Item = item;
        EnterHanded(row, connection, _measured);
        _handedTo = connection;

        // What took long to prepare may come close to another; the pace is made up afterwards.
        _nextSendAt = Longer(_nextSendAt, _measured) + gap;
        return true;
    }

    /// <summary>
    /// A claimed row goes back to wait for <paramref name="item"/>.DueAt, at the head of its chat. False when it is not
    /// claimed any more; then nothing may be done with it.
    /// </summary>
    public bool Returned(QueueItem item, DateTimeOffset now)
    {
        Measure(now);
        if (!_rows.TryGetValue(item.Sequence, out var row) || row.Place is not Place.Claimed)
        {
            return false;
        }

        Leave(row);
        row.Item = item with { State = QueueState.Queued };
        EnterRest(row, _measured + Longer(item.DueAt - now, rules.ReturnRest));
        return true;
    }

    /// <summary>
    /// A row that was handed over is certain not to have left on this connection, so no answer is waited for. It rests until
    /// <paramref name="item"/>.DueAt: queued once more when it never left before, else handed, to be repeated. False when it is
    /// not on this connection any more; then nothing may be done with it.
    /// </summary>
    public bool NotSent(QueueItem item, string connection, DateTimeOffset now)
    {
        Measure(now);
        if (!_rows.TryGetValue(item.Sequence, out var row) || row.Place is not Place.Handed || row.Connection != connection)
        {
            return false;
        }

        Leave(row);
        row.Item = item with { State = item.Attempts == 0 ? QueueState.Queued : QueueState.Handed };
        Watch(row);
        EnterRest(row, _measured + Longer(item.DueAt - now, rules.ReturnRest));
        return true;
    }

    /// <summary>The row is done: sent, failed, expired or cancelled. The next of its chat may go.</summary>
    public void Done(long sequence)
    {
        if (!_rows.Remove(sequence, out var row))
        {
            return;
        }

        Leave(row);
        _lines.Release(row.Item.Chat, sequence);
        _expiring.Remove((row.Item.ExpiresAt, sequence));
        _byWhatsAppId.Remove(row.Item.WhatsAppId);
        if (row.Item.Kind is OutboundKind.Message)
        {
            _byMessage.Remove(row.Item.Message);
        }
    }

    /// <summary>Two chats turned out to be one: their rows are one line from now on. The rows that changed.</summary>
    public IReadOnlyList<QueueItem> Join(string from, string into)
    {
        var moved = _rows.Values.Where(row => row.Item.Chat == from).ToList();
        foreach (var row in moved)
        {
            row.Item = row.Item with { Chat = into };
        }

        _lines.Join(from, into);
        return [.. moved.Select(row => row.Item)];
    }

    /// <summary>Something was heard of the open connection, whatever it was.</summary>
    public void Heard(DateTimeOffset now)
    {
        Measure(now);
        _heardAt = _measured;
    }

    /// <summary>
    /// Learns from the queue before a reload which rows are on the wire of which connection: that is not stored, and a row
    /// must not be repeated on the connection it was handed to.
    /// </summary>
    public void TakeOver(SendQueue before)
    {
        if ((_seen > before._seen ? _seen : before._seen ?? _seen) is not { } now)
        {
            return;
        }

        Measure(now);
        before.Measure(now);
        var shift = _measured - before._measured;
        _connection = before._connection;
        _handedTo = before._handedTo;
        _openedAt = before._openedAt + shift;
        _heardAt = before._heardAt + shift;
        _nextSendAt = before._nextSendAt + shift;
        foreach (var (sequence, row) in _rows.Where(one => one.Value.Place is Place.Handed))
        {
            if (before._rows.GetValueOrDefault(sequence) is { Place: Place.Handed } known)
            {
                Leave(row);
                EnterHanded(row, known.Connection, known.At + shift);
            }
            else if (!before._rows.ContainsKey(sequence) && row.Item.Attempts < rules.MostAttempts)
            {
                // It was answered, and only that was not stored: the answer comes again, and it may be of the last connection.
                Leave(row);
                EnterHanded(row, _handedTo, _measured);
            }
        }
    }

    private sealed class Row(QueueItem item)
    {
        public QueueItem Item { get; set; } = item;

        public Place Place { get; set; }

        /// <summary>By measured time: until when it rests, or since when it is claimed or handed.</summary>
        public TimeSpan At { get; set; }

        /// <summary>The connection it was last handed to; null when that was before a restart.</summary>
        public string? Connection { get; set; }
    }
}
