using Loopwave.Engines;
using Loopwave.Messages;
using Xunit;

namespace Loopwave.Grains.Tests.Messages;

/// <summary>
/// One life of a send queue beside the rows that storage holds and the network that answers, checking with every step
/// what must always hold. Carries plans out the way the number's grain does.
/// </summary>
internal sealed class SendHistory(SendRules rules)
{
    private const int AtOnce = 8;
    public static readonly DateTimeOffset Start = new(2026, 6, 29, 10, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan TimeToLive = TimeSpan.FromHours(24);

    private readonly SortedDictionary<long, QueueItem> _stored = [];
    private readonly Dictionary<long, string> _ended = [];
    private readonly Dictionary<long, string> _lastConnection = [];
    private readonly HashSet<long> _wasDue = [];
    private readonly HashSet<long> _accepting = [];
    private readonly HashSet<long> _cameLate = [];
    private readonly List<QueueItem> _preparing = [];
    private readonly Dictionary<long, TimeSpan> _onWire = [];
    private SendQueue _queue = new(rules);
    private Connection? _connection;
    private DateTimeOffset? _lookAt;
    private TimeSpan _measured;
    private long _sequence;
    private int _connections;

    public DateTimeOffset Now { get; private set; } = Start;

    public IReadOnlyDictionary<long, string> Ended => _ended;

    public void Do(int what, int which)
    {
        switch (what)
        {
            case 0 or 1 or 2:
                Accept(which, durable: true);
                break;
            case 3:
                Accept(which, durable: false);
                break;
            case 4 or 5:
                Advance(TimeSpan.FromMilliseconds(which * 3));
                break;
            case 6:
                Advance(which % 40 == 0 ? TimeSpan.FromHours(25) : TimeSpan.FromSeconds(which / 10));
                break;
            case 7:
                Jump(which);
                break;
            case 8:
                Open();
                break;
            case 9:
                _connection = null;
                break;
            case 10 or 11:
                Pump();
                break;
            case 12 or 13 or 14:
                Prepared(which);
                break;
            case 15:
                NotPrepared(which);
                break;
            case 16 or 17:
                Answer(which);
                break;
            case 18:
                Restart();
                break;
            default:
                Reload(which);
                break;
        }
    }

    /// <summary>With a network that answers everything at once, every row reaches its end by what the plans alone say.</summary>
    public void Drain()
    {
        foreach (var sequence in _accepting.ToList())
        {
            Accepted(sequence);
        }

        for (var turns = 0; _stored.Count > 0; turns++)
        {
            Assert.True(turns < 100 + (_sequence * 50), $"Still waiting: {string.Join("; ", _stored.Values)}");
            if (_connection is null)
            {
                Open();
            }

            Pump();
            var moved = _preparing.Count > 0;
            while (_preparing.Count > 0)
            {
                Prepared(0);
            }

            foreach (var item in _stored.Values.Where(item => item.State is QueueState.Handed).ToList())
            {
                moved = true;
                Answer(item);
            }

            if (!moved && _connection is not null && _stored.Count > 0)
            {
                Assert.NotNull(_lookAt);
                var wait = _lookAt.Value - Now;
                Advance(wait > TimeSpan.FromMilliseconds(1) ? wait : TimeSpan.FromMilliseconds(1));
            }
        }

        Assert.Equal(0, _queue.Count);
        Assert.Null(_queue.Plan(Now, null, AtOnce).NextAt);
        Assert.Equal(_sequence, _ended.Count);
    }

    private void Accept(int which, bool durable)
    {
        var due = which % 5 == 0 ? Now + TimeSpan.FromSeconds(which) : Now;
        var sequence = ++_sequence;
        var item = new QueueItem
        {
            Number = "n1", Sequence = sequence, Chat = $"c_{which % 3}", Message = $"m_{sequence}", Kind = OutboundKind.Message,
            WhatsAppId = $"3EB0{sequence}", Jid = "1@s.whatsapp.net", DueAt = due, ExpiresAt = due + TimeToLive,
        };
        _stored.Add(sequence, item);
        _accepting.Add(sequence);
        _queue.Accept(item, Now);
        NoteDue([item]);
        if (durable)
        {
            Accepted(sequence);
        }
    }

    private void Accepted(long sequence)
    {
        _accepting.Remove(sequence);
        _queue.Accepted(sequence);
    }

    private void Advance(TimeSpan by)
    {
        var until = _measured + by;
        while (_lookAt is { } at && at > Now && _measured + (at - Now) < until)
        {
            Pass(at - Now);
            Pump();
        }

        Pass(until - _measured);
        Pump();
    }

    private void Pass(TimeSpan by)
    {
        _measured += by;
        Now += by;
    }

    private void Jump(int which)
    {
        TimeSpan[] jumps =
        [
            TimeSpan.FromHours(1), TimeSpan.FromHours(-1), TimeSpan.FromDays(-1), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(-1),
            TimeSpan.FromMilliseconds(-3), which % 16 == 0 ? TimeSpan.FromDays(1) : TimeSpan.Zero,
        ];
        Now += jumps[which % jumps.Length];
    }

    private void Open() => _connection = new Connection($"connection {++_connections}", Now);

    private void Pump()
    {
        var plan = _queue.Plan(Now, _connection, AtOnce);
        NoteDue(_stored.Values);
        SaysTheSame(plan, _queue.Plan(Now, _connection, AtOnce));
        _lookAt = plan.NextAt;
        foreach (var item in plan.Expired)
        {
            Assert.True((item.ExpiresAt <= Now || _cameLate.Contains(item.Sequence)) && _stored[item.Sequence].Attempts == 0);
            End(item, "expired");
        }

        foreach (var item in plan.Uncertain)
        {
            Assert.True(item.Attempts > 0 && (item.Attempts == rules.MostAttempts || item.ExpiresAt <= Now));
            End(item, "uncertain");
        }

        if (plan.Deaf)
        {
            Assert.NotEmpty(_onWire);
            _connection = null;
            return;
        }

        Assert.True(_connection is not null || plan.Repeat.Count + plan.Send.Count == 0);
        Assert.True(!rules.Paced || plan.Repeat.Count + plan.Send.Count <= 1);
        foreach (var item in plan.Repeat)
        {
            Repeat(item);
        }

        foreach (var item in plan.Send)
        {
            Claim(item);
        }

        Assert.True(_preparing.Count(item => _queue.Find(item.Sequence)?.State is QueueState.Claimed) <= AtOnce);
    }

    private void Claim(QueueItem item)
    {

        // A pause after a failure is measured, whatever the wall clock says meanwhile.
        Assert.True(_wasDue.Contains(item.Sequence) || item.Failures > 0);
        Assert.DoesNotContain(item.Sequence, _accepting);
        Assert.True(item.ExpiresAt > Now && _stored[item.Sequence].Attempts == 0);
        var before = _stored.Values.Where(other => other.Chat == item.Chat && other.Sequence != item.Sequence);
        Assert.DoesNotContain(before, other =>
            other.State is QueueState.Handed
            || _queue.Find(other.Sequence)!.State is QueueState.Claimed
            || (other.Sequence < item.Sequence && (_wasDue.Contains(other.Sequence) || other.Failures > 0)));
        var claimed = item with { State = QueueState.Claimed, Epoch = 1 };
        Assert.True(_queue.Claimed(claimed));
        _stored[item.Sequence] = claimed;
        _preparing.Add(claimed);
    }

    private void Repeat(QueueItem item)
    {
        var stored = _stored[item.Sequence];
        Assert.Equal(QueueState.Handed, stored.State);
        Assert.Equal((stored.WhatsAppId, stored.Prepared), (item.WhatsAppId, item.Prepared));
        Assert.NotEqual(_connection!.Id, _lastConnection[item.Sequence]);
        Hand(item);
    }

    private void Hand(QueueItem item)
    {
        var handed = item with
        {
            State = QueueState.Handed, Attempts = item.Attempts + 1, HandedAt = Now, Prepared = item.Prepared ?? [(byte)item.Sequence],
        };
        Assert.InRange(handed.Attempts, 1, rules.MostAttempts);
        Assert.True(!IsSuspect(handed) || !_stored.Values.Any(other => IsSuspect(other) && _lastConnection[other.Sequence] == _connection!.Id));
        var late = item.Attempts == 0 && item.ExpiresAt <= Now;
        Assert.Equal(!late, _queue.Handed(handed, _connection!.Id, Now, rules.Gap(0.5)));
        if (late)
        {
            _cameLate.Add(item.Sequence);
            return;
        }

        _stored[item.Sequence] = handed;
        _lastConnection[item.Sequence] = _connection.Id;
        _onWire[item.Sequence] = _measured;
    }

    private bool IsSuspect(QueueItem item) => item.State is QueueState.Handed && item.Attempts > rules.AttemptsTogether;

    private void Prepared(int which)
    {
        if (TakePreparing(which) is not { } item)
        {
            return;
        }

        if (_connection is null || _queue.Find(item.Sequence) is not { State: QueueState.Claimed })
        {
            _queue.Returned(item with { State = QueueState.Queued }, Now);
            return;
        }

        Hand(item);
    }

    private void NotPrepared(int which)
    {
        if (TakePreparing(which) is not { } item || _queue.Find(item.Sequence) is not { State: QueueState.Claimed })
        {
            return;
        }

        var failures = item.Failures + 1;
        if (failures >= 3)
        {
            End(item, "poison");
            return;
        }

        var again = item with { State = QueueState.Queued, Failures = failures, DueAt = Now + TimeSpan.FromSeconds(Math.Pow(5, failures)) };
        Assert.True(_queue.Returned(again, Now));
        _stored[item.Sequence] = again;
    }

    private QueueItem? TakePreparing(int which)
    {
        if (_preparing.Count == 0)
        {
            return null;
        }

        var item = _preparing[which % _preparing.Count];
        _preparing.Remove(item);
        return item;
    }

    private void Answer(int which)
    {
        var handed = _stored.Values.Where(item => item.State is QueueState.Handed).ToList();
        if (handed.Count > 0)
        {
            Answer(handed[which % handed.Count]);
        }
    }

    private void Answer(QueueItem item)
    {
        Assert.Equal(item.Sequence, _queue.FindByWhatsAppId(item.WhatsAppId)?.Sequence);
        End(item, "sent");
    }

    private void End(QueueItem item, string how)
    {
        _ended.Add(item.Sequence, how);
        Assert.True(_stored.Remove(item.Sequence));
        _onWire.Remove(item.Sequence);
        _queue.Done(item.Sequence);
        Assert.Null(_queue.Find(item.Sequence));
        Assert.Null(_queue.FindByMessage(item.Message));
    }

    // The process is gone, and with it all that was not stored.
    private void Restart()
    {
        _connection = null;
        _preparing.Clear();
        _onWire.Clear();
        _queue = Load();
        _lookAt = Now;
    }

    // A commit failed, perhaps the one that said a row is done: what is stored is read again while the connection goes on.
    private void Reload(int which)
    {
        var handed = _stored.Values.Where(item => item.State is QueueState.Handed).ToList();
        if (which % 2 == 0 && handed.Count > 0)
        {
            // Its answer comes again; until then it counts as on the wire of the last connection.
            _queue.Done(handed[which % handed.Count].Sequence);
            _onWire[handed[which % handed.Count].Sequence] = _measured;
        }

        var queue = Load();
        queue.TakeOver(_queue);
        _queue = queue;
        _preparing.Clear();
        _lookAt = Now;
    }

    private SendQueue Load()
    {
        foreach (var sequence in _accepting)
        {
            _stored.Remove(sequence);
            _ended.Add(sequence, "never accepted");
        }

        _accepting.Clear();
        _wasDue.Clear();
        var queue = new SendQueue(rules);
        foreach (var item in _stored.Values)
        {
            queue.Add(item, Now);
        }

        NoteDue(_stored.Values);
        return queue;
    }

    // What the queue once saw as due stays due, even if the clock is set back.
    private void NoteDue(IEnumerable<QueueItem> items) => _wasDue.UnionWith(items.Where(item => item.DueAt <= Now).Select(item => item.Sequence));

    private static void SaysTheSame(SendPlan one, SendPlan other)
    {
        Assert.Equal(one.Expired, other.Expired);
        Assert.Equal(one.Uncertain, other.Uncertain);
        Assert.Equal(one.Repeat, other.Repeat);
        Assert.Equal(one.Send, other.Send);
        Assert.Equal((one.Deaf, one.NextAt), (other.Deaf, other.NextAt));
    }
}
