using Loopwave.Engines;

namespace Loopwave.Sandbox;

/// <summary>
/// The events of one number under one epoch, in order: waiting, offered, and delivered but not acknowledged. Decides
/// alone, acts on nothing; its owner locks. Empty it holds no lists, since most numbers are at rest most of the time.
/// </summary>
internal sealed class SandboxStream(string number, string host, long epoch)
{
    /// <summary>How many events may be delivered without being acknowledged.</summary>
    public const int Window = 256;
    public const int BatchSize = 64;

    private static readonly TimeSpan HurryWithin = TimeSpan.FromSeconds(2);

    private Queue<(EngineEvent Event, long Order)>? _waiting;
    private Queue<(long Sequence, long Order)>? _delivered;
    private EngineBatch? _offered;
    private long _sequence;
    private TimeSpan _pause;

    public long Epoch => epoch;

    /// <summary>Somebody is delivering.</summary>
    public bool Pumping { get; set; }

    /// <summary>How often in a row nobody took the batch on offer.</summary>
    public int Refusals { get; private set; }

    /// <summary>The batch on offer waits until it is offered again.</summary>
    public bool Pauses { get; private set; }

    /// <summary>How often it was to be hurried: what is refused after that was perhaps offered before.</summary>
    public int Hurries { get; set; }

    /// <summary>The pause that is under way, or was last.</summary>
    public int CurrentPause { get; private set; }

    /// <summary>Begins a pause; its number is what <see cref="Resume"/> takes.</summary>
    public int Pause()
    {
        Pauses = true;
        return ++CurrentPause;
    }

    /// <summary>How long after being hurried the batch is offered at the latest; not longer than the pause that the last refusal asked for.</summary>
    public TimeSpan Soon(double random) => random * (_pause < HurryWithin ? _pause : HurryWithin);

    /// <summary>Ends a pause; false when another one took its place, or it is over.</summary>
    public bool Resume(int pause)
    {
        if (!Pauses || pause != CurrentPause)
        {
            return false;
        }

        Pauses = false;
        return true;
    }

    /// <param name="order">The mail it is; 0 for what the servers don't keep.</param>
    public void Add(EngineEvent evt, long order) => (_waiting ??= new()).Enqueue((evt, order));

    /// <summary>The batch to deliver next: the one that was not taken, or a new one within the window; null when there is none.</summary>
    public EngineBatch? Next()
    {
        if (_offered is not null)
        {
            return _offered;
        }

        var count = Math.Min(BatchSize, Math.Min(_waiting?.Count ?? 0, Window - (_delivered?.Count ?? 0)));
        if (count <= 0)
        {
            return null;
        }

        var first = new EngineCursor(host, epoch, _sequence + 1);
        var events = new EngineEvent[count];
        _delivered ??= new();
        for (var i = 0; i < count; i++)
        {
            (events[i], var order) = _waiting!.Dequeue();
            _delivered.Enqueue((++_sequence, order));
        }

        _waiting = _waiting!.Count == 0 ? null : _waiting;
        return _offered = new(number, first, events);
    }

    /// <summary>The batch was taken. Says nothing about one that was cleared away while it was being offered.</summary>
    public void Taken(EngineBatch batch)
    {
        if (ReferenceEquals(_offered, batch))
        {
            _offered = null;
            Refusals = 0;
        }
    }

    /// <summary>Nobody took the batch: it is offered again, after this long.</summary>
    public TimeSpan Refused()
    {
        Refusals = Math.Min(Refusals + 1, 16);
        return _pause = TimeSpan.FromMilliseconds(Math.Min(5000, 25 << Math.Min(Refusals, 8)));
    }

    /// <summary>Everything up to this place is stored; the mail that was among it.</summary>
    public IReadOnlyList<long> Acknowledge(EngineCursor cursor)
    {
        if (cursor.Host != host || cursor.Epoch != epoch || _delivered is null)
        {
            return [];
        }

        var orders = new List<long>();
        while (_delivered.TryPeek(out var first) && first.Sequence <= cursor.Sequence)
        {
            _delivered.Dequeue();
            if (first.Order > 0)
            {
                orders.Add(first.Order);
            }
        }

        _delivered = _delivered.Count == 0 ? null : _delivered;
        return orders;
    }

    /// <summary>Mail that is in here and not acknowledged; null when there is none.</summary>
    public HashSet<long>? Held()
    {
        var orders = (_waiting ?? []).Select(item => item.Order)
            .Concat((_delivered ?? []).Select(item => item.Order))
            .Where(order => order > 0)
            .ToHashSet();
        return orders.Count == 0 ? null : orders;
    }

    /// <summary>Nothing of what is in here follows any more; the sequence goes on.</summary>
    public void Clear()
    {
        _waiting = null;
        _delivered = null;
        _offered = null;
        Refusals = 0;
    }
}
