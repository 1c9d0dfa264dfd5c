using Loopwave.Numbers;

namespace Loopwave.Messages;

/// <summary>
/// The send queue of one number, as rules over its rows: per chat in order and one in flight, nothing before its time,
/// nothing too late, repeats only with the same id. Knows no storage, no engine and no clock; the grain carries out what
/// it plans and tells it what became of that. Not thread-safe.
/// </summary>
internal sealed class SendQueue(SendRules rules)
{
    private readonly Dictionary<long, QueueItem> _items = [];
    private readonly Dictionary<string, long> _byWhatsAppId = [];
    private readonly Dictionary<string, SortedSet<long>> _chats = [];
    private readonly Dictionary<string, long> _inFlight = [];
    private readonly SortedSet<long> _heads = [];
    private readonly HashSet<long> _accepting = [];
    private readonly PriorityQueue<long, DateTimeOffset> _later = new();
    private readonly PriorityQueue<long, DateTimeOffset> _expiries = new();
    private readonly Dictionary<long, Handing> _handed = [];

    public int Count => _items.Count;

    /// <summary>Whether the number can take no more rows.</summary>
    public bool IsFull => _items.Count >= rules.Capacity;

    public QueueItem? Find(long sequence) => _items.GetValueOrDefault(sequence);

    public QueueItem? FindByWhatsAppId(string whatsAppId) =>
        _byWhatsAppId.TryGetValue(whatsAppId, out var sequence) ? Find(sequence) : null;

    public QueueItem? FindByMessage(string message) =>
        _items.Values.FirstOrDefault(item => item.Message == message && item.Kind is Engines.OutboundKind.Message);

    /// <summary>Takes a row that storage holds: a new one, or after a restart one in any state.</summary>
    public void Add(QueueItem item, DateTimeOffset now)
    {
        _items.Add(item.Sequence, item);
        _byWhatsAppId[item.WhatsAppId] = item.Sequence;
        if (item.Attempts == 0)
        {
            _expiries.Enqueue(item.Sequence, item.ExpiresAt);
        }

        if (item.State is QueueState.Handed)
        {
            // What became of it is unknown; it blocks its chat until that is settled.
            _handed.Add(item.Sequence, new Handing(Connection: null, At: null));
            _inFlight[item.Chat] = item.Sequence;
            return;
        }

        if (item.DueAt > now)
        {
            _later.Enqueue(item.Sequence, item.DueAt);
            return;
        }

        Line(item);
    }

    /// <summary>Takes a new row whose commit is under way: it keeps its place in its chat, and waits for <see cref="Accepted"/>.</summary>
    public void Accept(QueueItem item, DateTimeOffset now)
    {
        _accepting.Add(item.Sequence);
        Add(item, now);
    }

    /// <summary>The row is durable and may go.</summary>
    public void Accepted(long sequence) => _accepting.Remove(sequence);

    /// <summary>What to do now, and when to look again.</summary>
    /// <param name="connection">The open connection that can send; null when there is none.</param>
    /// <param name="limit">At most this many rows to send at once.</param>
    public SendPlan Plan(DateTimeOffset now, Connection? connection, int limit)
    {
        var expired = TakeExpired(now);
        while (_later.TryPeek(out var sequence, out var due) && due <= now)
        {
            _later.Dequeue();
            if (_items.TryGetValue(sequence, out var item) && item.State is QueueState.Queued)
            {
                Line(item);
            }
        }

        var send = new List<QueueItem>();
        var repeat = new List<QueueItem>();
        var uncertain = new List<QueueItem>();
        var deaf = false;
        DateTimeOffset? next = null;
        if (connection is not null)
        {
            foreach (var (sequence, handing) in _handed)
            {
                var item = _items[sequence];
                if (handing.Connection == connection.Id)
                {
                    var answerBy = handing.At!.Value + rules.AnswerTimeout;
                    deaf |= answerBy <= now;
                    next = Earlier(next, answerBy);
                }
                else if (item.Attempts >= rules.MostAttempts)
                {
                    uncertain.Add(item);
                }
                else if (connection.OpenedAt + rules.RepeatGrace is var repeatAt && repeatAt > now)
                {
                    next = Earlier(next, repeatAt);
                }
                else
                {
                    repeat.Add(item);
                }
            }

            // Pacing lets one out per gap; without a gap as many chats as the limit allows go side by side.
            var most = rules.Paced ? Math.Min(limit, 1) : limit;
            if (now >= NextSendAt(now))
            {
                send.AddRange(_heads.Where(sequence => !_accepting.Contains(sequence)).Take(most).Select(sequence => _items[sequence]));
            }
            else if (_heads.Count > 0)
            {
                next = Earlier(next, _nextSendAt);
            }
        }

        if (_later.TryPeek(out _, out var nextDue))
        {
            next = Earlier(next, nextDue);
        }

        if (_expiries.TryPeek(out _, out var nextExpiry))
        {
            next = Earlier(next, nextExpiry);
        }

        return new SendPlan(expired, uncertain, repeat, send, deaf, next);
    }

    /// <summary>The row as storage holds it now, claimed: its chat waits until it is done.</summary>
    public void Claimed(QueueItem item)
    {
        _items[item.Sequence] = item;
        _inFlight[item.Chat] = item.Sequence;
        _heads.Remove(item.Sequence);
    }

    /// <summary>The row as storage holds it now, on the wire of this connection since <paramref name="now"/>.</summary>
    public void Handed(QueueItem item, string connection, DateTimeOffset now, TimeSpan gap)
    {
        _items[item.Sequence] = item;
        _inFlight[item.Chat] = item.Sequence;
        _handed[item.Sequence] = new Handing(connection, now);
        _nextSendAt = now + gap;
    }

    /// <summary>
    /// Learns from the queue before a reload which rows are on the wire of which connection: that is not stored, and a row
    /// must not be repeated on the connection it was handed to.
    /// </summary>
    public void TakeOver(SendQueue before)
    {
        foreach (var (sequence, handing) in before._handed)
        {
            if (_handed.ContainsKey(sequence))
            {
                _handed[sequence] = handing;
            }
        }

        _nextSendAt = before._nextSendAt;
    }

    /// <summary>A claimed row goes back to wait for <paramref name="item"/>.DueAt, at the head of its chat.</summary>
    public void Returned(QueueItem item, DateTimeOffset now)
    {
        Forget(item.Sequence);
        Add(item, now);
    }

    /// <summary>The row is done: sent, failed, expired or cancelled. The next of its chat may go.</summary>
    public void Done(long sequence) => Forget(sequence);

    /// <summary>How long a queue as full as this takes to have room again, by the pacing.</summary>
    public TimeSpan RetryAfter => TimeSpan.FromSeconds(Math.Clamp(Math.Ceiling(rules.MeanGap.TotalSeconds * Math.Max(1, Count / 100)), 1, 3600));

    private DateTimeOffset _nextSendAt;

    // A wall clock that jumped back must not stop the pacing for as long as it jumped.
    private DateTimeOffset NextSendAt(DateTimeOffset now) => _nextSendAt - now > rules.LongestGap ? now : _nextSendAt;

    private void Line(QueueItem item)
    {
        if (!_chats.TryGetValue(item.Chat, out var line))
        {
            _chats.Add(item.Chat, line = []);
        }

        if (line.Count > 0)
        {
            _heads.Remove(line.Min);
        }

        line.Add(item.Sequence);
        if (!_inFlight.ContainsKey(item.Chat))
        {
            _heads.Add(line.Min);
        }
    }

    private void Forget(long sequence)
    {
        if (!_items.Remove(sequence, out var item))
        {
            return;
        }

        _byWhatsAppId.Remove(item.WhatsAppId);
        _handed.Remove(sequence);
        _heads.Remove(sequence);
        if (_inFlight.GetValueOrDefault(item.Chat, -1) == sequence)
        {
            _inFlight.Remove(item.Chat);
        }

        if (!_chats.TryGetValue(item.Chat, out var line))
        {
            return;
        }

        line.Remove(sequence);
        if (line.Count == 0)
        {
            _chats.Remove(item.Chat);
        }
        else if (!_inFlight.ContainsKey(item.Chat))
        {
            _heads.Add(line.Min);
        }
    }

    // Only what was never on the wire expires: the rest must end as sent or uncertain.
    private List<QueueItem> TakeExpired(DateTimeOffset now)
    {
        var expired = new List<QueueItem>();
        while (_expiries.TryPeek(out var sequence, out var expiresAt) && expiresAt <= now)
        {
            _expiries.Dequeue();
            if (_items.TryGetValue(sequence, out var item) && item.ExpiresAt == expiresAt && item.State is QueueState.Queued && !_accepting.Contains(sequence))
            {
                expired.Add(item);
            }
        }

        return expired;
    }

    private static DateTimeOffset Earlier(DateTimeOffset? one, DateTimeOffset other) => one < other ? one.Value : other;

    private sealed record Handing(string? Connection, DateTimeOffset? At);
}

/// <summary>An open connection, by a name that no other connection of the number has.</summary>
internal sealed record Connection(string Id, DateTimeOffset OpenedAt);

/// <summary>What a send queue wants done.</summary>
/// <param name="Expired">Too late and never on the wire: fail them as expired.</param>
/// <param name="Uncertain">Repeated as often as allowed without an answer: fail them as uncertain.</param>
/// <param name="Repeat">On the wire of an earlier connection without an answer: relay the same bytes again.</param>
/// <param name="Send">Next in their chats: claim, prepare and hand them over.</param>
/// <param name="Deaf">The open connection left something unanswered for too long: close it.</param>
/// <param name="NextAt">When something falls due that no event announces.</param>
internal sealed record SendPlan(
    IReadOnlyList<QueueItem> Expired,
    IReadOnlyList<QueueItem> Uncertain,
    IReadOnlyList<QueueItem> Repeat,
    IReadOnlyList<QueueItem> Send,
    bool Deaf,
    DateTimeOffset? NextAt);

/// <summary>The numbers of a send queue, from <see cref="NumberOptions"/>.</summary>
internal sealed record SendRules
{
    public int Capacity { get; init; } = 10_000;

    /// <summary>The first hand-over and three repeats.</summary>
    public int MostAttempts { get; init; } = 4;
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>After a connection opens, this long is waited for an answer that was only late.</summary>
    public TimeSpan RepeatGrace { get; init; } = TimeSpan.FromSeconds(2);
    public TimeSpan ShortestGap { get; init; } = TimeSpan.FromSeconds(0.5);
    public TimeSpan LongestGap { get; init; } = TimeSpan.FromSeconds(1.5);

    public bool Paced => LongestGap > TimeSpan.Zero;

    public TimeSpan MeanGap => (ShortestGap + LongestGap) / 2;

    /// <summary>A gap between the shortest and the longest, for a random number from 0 to 1.</summary>
    public TimeSpan Gap(double random) => ShortestGap + ((LongestGap - ShortestGap) * random);
}
