namespace Loopwave.Cluster;

/// <summary>
/// Chooses silos for numbers so that all have about as many. It knows what silos told some seconds ago, and counts what it
/// placed there since. Any thread.
/// </summary>
internal sealed class SiloChoice
{
    private readonly Lock _lock = new();
    private Dictionary<SiloAddress, SiloReport> _reports = [];

    // They told how they are, and do so no more: they are about to end, or cut off from storage, where no number can live.
    private readonly HashSet<SiloAddress> _silent = [];

    // They told that they are about to end, which is never taken back: what they told is out of date before the death of a slow one is noticed.
    private readonly HashSet<SiloAddress> _ending = [];

    // Since the last reports, and since those before: a report can be older than what was placed before it was read.
    private Dictionary<SiloAddress, int> _placed = [];
    private Dictionary<SiloAddress, int> _placedBefore = [];

    public IReadOnlyCollection<SiloReport> Reports
    {
        get
        {
            lock (_lock)
            {
                return _reports.Values;
            }
        }
    }

    /// <summary>Takes note of what the silos say.</summary>
    public void Learn(IEnumerable<SiloReport> reports)
    {
        lock (_lock)
        {
            var before = _reports.Keys;
            _reports = reports.ToDictionary(report => SiloAddress.FromParsableString(report.Silo));
            _silent.UnionWith(before);
            _silent.ExceptWith(_reports.Keys);
            _ending.UnionWith(_reports.Where(report => report.Value.IsStopping).Select(report => report.Key));
            (_placedBefore, _placed) = (_placed, []);
        }
    }

    /// <summary>Those that take numbers.</summary>
    public IReadOnlyList<SiloAddress> Takes(IEnumerable<SiloAddress> silos)
    {
        lock (_lock)
        {
            return [.. silos.Where(Takes)];
        }
    }

    /// <summary>
    /// One of them has told how it is, and does so no more. That can be over with its next report: storage that was away looks the same
    /// when it is back.
    /// </summary>
    public bool AnyIsSilent(IEnumerable<SiloAddress> silos)
    {
        lock (_lock)
        {
            return silos.Any(_silent.Contains);
        }
    }

    /// <summary>Whether it has ever told that it was asked to end.</summary>
    public bool HasToldToEnd(SiloAddress silo)
    {
        lock (_lock)
        {
            return _ending.Contains(silo);
        }
    }

    /// <summary>
    /// The silo with the fewest numbers among those that take any; of several, one at random. A silo that has told nothing yet
    /// has none. Null when all of them are draining.
    /// </summary>
    public SiloAddress? Least(IEnumerable<SiloAddress> silos)
    {
        lock (_lock)
        {
            var least = silos.Where(Takes).GroupBy(Count).MinBy(group => group.Key)?.ToArray();
            if (least is null)
            {
                return null;
            }

            var chosen = least[Random.Shared.Next(least.Length)];
            _placed[chosen] = _placed.GetValueOrDefault(chosen) + 1;
            return chosen;
        }
    }

    private bool Takes(SiloAddress silo) =>
        _reports.TryGetValue(silo, out var report) ? report.State is SiloState.Active : !_silent.Contains(silo);

    private int Count(SiloAddress silo) =>
        (_reports.GetValueOrDefault(silo)?.Count ?? 0) + _placed.GetValueOrDefault(silo) + _placedBefore.GetValueOrDefault(silo);
}
