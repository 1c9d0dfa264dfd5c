namespace Loopwave.Storage.Sql.Sqlite;

/// <summary>
/// The units that wait for the writer, in their order. The writer sleeps while there are none: spinning would take the
/// processor from those who have work for it. While many write, it waits a moment for as many as last time, since a
/// commit costs as much for ten units as for one.
/// </summary>
internal sealed class WaitingUnits(int capacity)
{
    private const int Many = 6;
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(2);

    private readonly object _gate = new();
    private readonly Queue<WaitingUnit> _units = [];
    private int _wanted = 1;
    private int _taken;
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
            if (_units.Count == _wanted)
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

                _wanted = 1;
                Monitor.Wait(_gate);
            }

            if (_taken >= Many && _units.Count < _taken && !_closed)
            {
                _wanted = _taken;
                Monitor.Wait(_gate, Moment);
            }

            while (into.Count < most && _units.TryDequeue(out var unit))
            {
                into.Add(unit);
            }

            _taken = into.Count;
            return true;
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
