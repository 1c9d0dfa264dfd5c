namespace Loopwave.Numbers;

/// <summary>
/// WhatsApp refused the version of the client that all numbers share (405), so it would refuse every one of them, and asking
/// for each is what gets a deployment noticed. From then on one number tries each minute for all; the first one that logs in
/// ends it. The numbers of one process share it, whatever threads they run on.
/// </summary>
internal sealed class VersionAlarm(TimeProvider clock)
{
    private static readonly TimeSpan TryEvery = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private long? _tried;

    /// <summary>Whether the version is refused, as far as anybody knows.</summary>
    public bool IsRaised
    {
        get
        {
            lock (_lock)
            {
                return _tried is not null;
            }
        }
    }

    /// <summary>A number was refused. False when that is known already.</summary>
    public bool Raise()
    {
        lock (_lock)
        {
            var isNews = _tried is null;
            _tried ??= clock.GetTimestamp();
            return isNews;
        }
    }

    /// <summary>A number logged in. False when nobody had been refused.</summary>
    public bool Lower()
    {
        lock (_lock)
        {
            var isNews = _tried is not null;
            _tried = null;
            return isNews;
        }
    }

    /// <summary>Whether it makes sense to wait for a turn to connect.</summary>
    public bool MayAsk()
    {
        lock (_lock)
        {
            return MayTry;
        }
    }

    /// <summary>Whether a number may connect now. While the version is refused that is one number, each minute.</summary>
    public bool MayConnect()
    {
        lock (_lock)
        {
            if (!MayTry)
            {
                return false;
            }

            _tried = _tried is null ? null : clock.GetTimestamp();
            return true;
        }
    }

    private bool MayTry => _tried is not { } tried || clock.GetElapsedTime(tried) >= TryEvery;
}
