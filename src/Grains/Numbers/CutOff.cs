namespace Loopwave.Numbers;

/// <summary>
/// Decides when a silo without a lease has to end. Only when others have theirs all the while: then they can take its numbers as soon as
/// it is gone, and while it stays nobody can. When nobody has a lease, the database is away for all, and ending would help nobody.
/// </summary>
internal sealed class CutOff(TimeSpan endAfter, TimeProvider clock)
{
    private long? _aloneSince;

    /// <summary>The lease was confirmed.</summary>
    public void Renewed() => _aloneSince = null;

    /// <summary>The lease is lost, and could not be had again. True when the silo has to end.</summary>
    /// <param name="anotherHolds">Another silo has said just now that it has its lease; false also when none could be asked.</param>
    public bool Lost(bool anotherHolds)
    {
        if (!anotherHolds)
        {
            _aloneSince = null;
            return false;
        }

        _aloneSince ??= clock.GetTimestamp();
        return clock.GetElapsedTime(_aloneSince.Value) >= endAfter;
    }
}
