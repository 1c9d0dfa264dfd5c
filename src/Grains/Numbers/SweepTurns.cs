namespace Loopwave.Numbers;

/// <summary>
/// When a shard sweeps: once a period, however many silos wake it, and once more after every change of the membership. Not
/// thread-safe; for one activation.
/// </summary>
internal sealed class SweepTurns(TimeSpan period, TimeProvider clock)
{
    private bool _isSweeping;
    private long? _began;

    /// <summary>Another sweep follows the one under way: what changed may concern numbers that it has passed already.</summary>
    public bool IsWanted { get; private set; }

    /// <summary>Somebody wakes the shard; whether a sweep begins now.</summary>
    /// <param name="changed">The membership changed; otherwise it is just time again.</param>
    public bool Wake(bool changed)
    {
        if (_isSweeping)
        {
            IsWanted |= changed;
            return false;
        }

        return (changed || _began is not { } began || clock.GetElapsedTime(began) >= period / 2) && Begin();
    }

    /// <summary>A sweep ended; whether the next one begins now.</summary>
    public bool End()
    {
        _isSweeping = false;
        return IsWanted && Begin();
    }

    private bool Begin()
    {
        (_isSweeping, IsWanted, _began) = (true, false, clock.GetTimestamp());
        return true;
    }
}
