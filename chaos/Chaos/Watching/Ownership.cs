namespace Loopwave.Chaos.Watching;

/// <summary>Who owned a number from a moment on.</summary>
/// <param name="Silo">Address and port of its silo; null for nobody.</param>
internal sealed record OwnerChange(DateTimeOffset At, string Number, string? Silo, long Epoch);

/// <summary>Who owned which number at which time, as the cluster's table said.</summary>
internal sealed class Ownership
{
    public const string Nobody = "nobody";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, List<OwnerChange>> _changes = [];
    private DateTimeOffset _changedAt;

    /// <summary>When a number was last seen with another owner than before.</summary>
    public DateTimeOffset ChangedAt
    {
        get
        {
            lock (_lock)
            {
                return _changedAt;
            }
        }
    }

    public void Saw(OwnerChange now)
    {
        lock (_lock)
        {
            if (!_changes.TryGetValue(now.Number, out var changes))
            {
                _changes[now.Number] = changes = [];
            }

            if (changes is [] || (changes[^1].Silo, changes[^1].Epoch) != (now.Silo, now.Epoch))
            {
                changes.Add(now);
                _changedAt = now.At;
            }
        }
    }

    /// <summary>The numbers that a silo owned at a time, with those that it had let go of and nobody had taken yet.</summary>
    public IReadOnlyList<string> Of(string silo, DateTimeOffset at)
    {
        lock (_lock)
        {
            return
            [
                .. _changes.Where(number => number.Value.LastOrDefault(change => change.At <= at && change.Silo is not null)?.Silo == silo)
                    .Select(number => number.Key),
            ];
        }
    }

    /// <summary>The numbers that a silo owned at any moment of a time.</summary>
    public IReadOnlyList<string> During(string silo, DateTimeOffset from, DateTimeOffset to)
    {
        lock (_lock)
        {
            return
            [
                .. Of(silo, from),
                .. _changes.Where(number => number.Value.Exists(change => change.Silo == silo && change.At > from && change.At <= to)).Select(number => number.Key),
            ];
        }
    }

    /// <summary>When another silo took the number, after a time; null when none did.</summary>
    /// <param name="struck">
    /// The silos, by address, that it was to be taken from. One that goes on as if nothing had been, or has just been started again, and
    /// has the number anew, took nothing over.
    /// </param>
    public OwnerChange? TakenAfter(string number, DateTimeOffset at, IReadOnlyCollection<string> struck)
    {
        lock (_lock)
        {
            return _changes.GetValueOrDefault(number)?.FirstOrDefault(change => change.At > at && change.Silo is { } silo && !struck.Contains(silo));
        }
    }

    /// <summary>How many numbers each silo owns now, and <see cref="Nobody"/>.</summary>
    public IReadOnlyDictionary<string, int> Now()
    {
        lock (_lock)
        {
            return _changes.Values.Select(changes => changes[^1].Silo ?? Nobody).CountBy(silo => silo).ToDictionary();
        }
    }
}
