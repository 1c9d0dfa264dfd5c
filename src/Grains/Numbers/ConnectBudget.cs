using Loopwave.Cluster;

namespace Loopwave.Numbers;

/// <summary>
/// Spreads connects over time, whoever asks and whatever happened. A number asks until the answer is zero, which is its turn:
/// the first time it is put in line for the next free slot, one every <paramref name="interval"/> and no burst, and asks again
/// when that is due. Nothing is promised ahead, so what dies with this is only the order of those in line. One thread only.
/// </summary>
/// <param name="interval">Between two slots; zero is no limit.</param>
internal sealed class ConnectBudget(TimeSpan interval, TimeProvider clock)
{
    /// <summary>How long a turn is kept for a number that does not come for it.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // Of the urgent ones; then one of the others is let in between.
    private const int MostInARow = 3;

    // Monotonic: a jump of the wall clock neither opens a burst nor closes the budget for an hour.
    private readonly ConnectRate _rate = new(interval, clock.TimestampFrequency);
    private readonly long _patience = (long)(Patience.TotalSeconds * clock.TimestampFrequency);
    private readonly Dictionary<string, Entry> _entries = [];
    private readonly LinkedList<Entry> _urgent = [];
    private readonly LinkedList<Entry> _ordinary = [];
    private readonly LinkedList<Entry> _due = [];

    // What a predecessor let in just now is not known here, so the first slot is when that no longer counts.
    private long _slot = clock.GetTimestamp() + new ConnectRate(interval, clock.TimestampFrequency).Window;
    private long _late = long.MinValue;
    private int _inARow;

    /// <summary>Zero when the number connects now; otherwise how long it waits before it asks again.</summary>
    /// <param name="urgent">Somebody waits for it: it comes before the others, which still get every fourth slot.</param>
    public TimeSpan Reserve(string number, bool urgent)
    {
        if (interval <= TimeSpan.Zero)
        {
            return TimeSpan.Zero;
        }

        var now = clock.GetTimestamp();
        PassSlots(now);
        ForgetLost(number, now);
        if (!_entries.TryGetValue(number, out var entry))
        {
            entry = PutInLine(number, urgent, now);
        }
        else if (urgent && entry.Line == _ordinary)
        {
            entry.MoveTo(_urgent);
            entry.AskAt = SlotOf(entry);
        }
        else if (entry.Line != _due && entry.AskAt <= now)
        {
            // Others came before it meanwhile.
            entry.AskAt = SlotOf(entry);
        }

        if (entry.Line == _due && MayConnect(entry, now))
        {
            return TimeSpan.Zero;
        }

        // Less than a TimeSpan can say is not yet now.
        var wait = clock.GetElapsedTime(now, entry.AskAt);
        return wait > TimeSpan.Zero ? wait : TimeSpan.FromTicks(1);
    }

    /// <summary>How much of it is in use.</summary>
    public ConnectBudgetView View() => interval <= TimeSpan.Zero
        ? new ConnectBudgetView(null, 0, 0)
        : new ConnectBudgetView(1 / interval.TotalSeconds, _rate.CountSince(clock.GetTimestamp() - clock.TimestampFrequency), _entries.Count);

    private Entry PutInLine(string number, bool urgent, long now)
    {
        if (_urgent.Count + _ordinary.Count == 0)
        {
            // What nobody used is not saved up.
            _slot = Math.Max(_slot, now);
        }

        var entry = new Entry(number);
        _entries.Add(number, entry);
        entry.MoveTo(urgent ? _urgent : _ordinary);
        entry.AskAt = SlotOf(entry);
        PassSlots(now);
        return entry;
    }

    /// <summary>Gives the slots up to now to those in line.</summary>
    private void PassSlots(long now)
    {
        while (_slot <= now && _urgent.Count + _ordinary.Count > 0)
        {
            var isUrgent = _ordinary.Count == 0 || (_urgent.Count > 0 && _inARow < MostInARow);
            _inARow = isUrgent ? Math.Min(_inARow + 1, MostInARow) : 0;
            var entry = (isUrgent ? _urgent : _ordinary).First!.Value;
            entry.MoveTo(_due);
            entry.DueAt = _slot;
            _slot += _rate.Step;
        }
    }

    /// <summary>Forgets those who did not come for their turn: the oldest ones, and this one.</summary>
    private void ForgetLost(string number, long now)
    {
        while (_due.First?.Value is { } oldest && IsLost(oldest, now))
        {
            Remove(oldest);
        }

        if (_entries.TryGetValue(number, out var entry) && IsLost(entry, now))
        {
            Remove(entry);
        }
    }

    private bool IsLost(Entry entry, long now) => entry.Line == _due && now - Math.Max(entry.DueAt, entry.AskAt) > _patience;

    private void Remove(Entry entry)
    {
        entry.Line.Remove(entry.Node);
        _entries.Remove(entry.Number);
    }

    /// <summary>Where a number that is due finds the second full, it is told when the next ones of it are free, one after the other.</summary>
    private bool MayConnect(Entry entry, long now)
    {
        var freeAt = _rate.FreeAt(now);
        if (freeAt <= now && (entry.IsLate ? entry.AskAt : _late) <= now)
        {
            _rate.Take(now);
            Remove(entry);
            return true;
        }

        if (!entry.IsLate || entry.AskAt <= now)
        {
            entry.IsLate = true;
            entry.AskAt = _late = Math.Max(freeAt, _late + _rate.Step);
        }

        return false;
    }

    // Not before this, however the others ask. Whoever asks anew is last in line, and others ask again near their turn.
    private long SlotOf(Entry entry)
    {
        var place = entry.Node.Next is null ? entry.Line.Count - 1 : Before(entry);
        var others = entry.Line == _urgent
            ? Math.Min(_ordinary.Count, (_inARow + place) / MostInARow)
            : Math.Min(_urgent.Count, (MostInARow * (place + 1)) - _inARow);
        return _slot + ((place + others) * _rate.Step);
    }

    private static int Before(Entry entry)
    {
        var count = 0;
        for (var node = entry.Node.Previous; node is not null; node = node.Previous)
        {
            count++;
        }

        return count;
    }

    private sealed class Entry
    {
        public Entry(string number)
        {
            Number = number;
            Node = new LinkedListNode<Entry>(this);
        }

        public string Number { get; }

        public LinkedListNode<Entry> Node { get; }

        public LinkedList<Entry> Line => Node.List!;

        /// <summary>When it was told to ask again.</summary>
        public long AskAt { get; set; }

        public long DueAt { get; set; }

        /// <summary>It came for its turn, and the second was full.</summary>
        public bool IsLate { get; set; }

        public void MoveTo(LinkedList<Entry> line)
        {
            Node.List?.Remove(Node);
            line.AddLast(Node);
        }
    }
}
