namespace Loopwave.Storage.Sql;

/// <summary>
/// The units that wait for the writer, in their order, and which keys something is undecided of, waiting or being written. The writer sleeps
/// while there are none: spinning would take the processor from those who have work for it.
/// </summary>
internal sealed class WaitingUnits(int capacity)
{
    private readonly object _gate = new();
    private readonly Queue<WaitingUnit> _units = [];
    private readonly Dictionary<string, int> _undecided = [];
    private bool _closed;

    /// <summary>False when there is no room.</summary>
    /// <exception cref="ObjectDisposedException">Nothing is taken any more.</exception>
    public bool TryAdd(WaitingUnit unit)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (_units.Count == capacity)
            {
                return false;
            }

            _units.Enqueue(unit);
            if (unit.Unit.Key is { } key)
            {
                _undecided[key] = _undecided.GetValueOrDefault(key) + 1;
            }

            if (_units.Count == 1)
            {
                Monitor.Pulse(_gate);
            }

            return true;
        }
    }

    /// <summary>Waits until there are some, and moves as many as go into the list. False when closed and empty.</summary>
    public bool Take(List<WaitingUnit> into, int most)
    {
        lock (_gate)
        {
            while (_units.Count == 0)
            {
                if (_closed)
                {
                    return false;
                }

                Monitor.Wait(_gate);
            }

            while (into.Count < most && _units.TryDequeue(out var unit))
            {
                into.Add(unit);
            }

            return true;
        }
    }

    /// <summary>What became of these is known, or nothing will: each unit that was taken, once.</summary>
    public void Decided(IEnumerable<WaitingUnit> units)
    {
        lock (_gate)
        {
            foreach (var key in units.Select(unit => unit.Unit.Key).OfType<string>())
            {
                if (--_undecided[key] == 0)
                {
                    _undecided.Remove(key);
                }
            }
        }
    }

    /// <summary>Whether what becomes of something that was added with this key is still open.</summary>
    public bool AnyUndecided(string key)
    {
        lock (_gate)
        {
            return _undecided.ContainsKey(key);
        }
    }

    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
        }
    }
}
