namespace Loopwave.Numbers;

/// <summary>
/// WhatsApp refused the version of the client that all numbers share (405), so it would refuse every one of them, and asking
/// for each is what gets a deployment noticed. From then on one number at a time tries for all; the first one that logs in
/// ends it. One thread only.
/// </summary>
/// <param name="since">When it was refused, as far as is known from before; that somebody tried just now counts then.</param>
/// <param name="tryEvery">Between two tries.</param>
internal sealed class VersionAlarm(DateTimeOffset? since, TimeSpan tryEvery, TimeProvider clock)
{
    private long _tried = clock.GetTimestamp();

    /// <summary>Since when the version is refused; null when it is not, as far as anybody knows.</summary>
    public DateTimeOffset? Since { get; private set; } = since;

    /// <summary>Whether it makes sense to wait for a turn to connect.</summary>
    public bool MayAsk => Since is null || clock.GetElapsedTime(_tried) >= tryEvery;

    /// <summary>A number was refused. False when that is known already.</summary>
    public bool Raise()
    {
        if (Since is not null)
        {
            return false;
        }

        (Since, _tried) = (clock.GetUtcNow(), clock.GetTimestamp());
        return true;
    }

    /// <summary>A number logged in. False when nobody had been refused.</summary>
    public bool Lower()
    {
        var isNews = Since is not null;
        Since = null;
        return isNews;
    }

    /// <summary>Whether a number may connect now. While the version is refused that is one number, each time that a try is due.</summary>
    public bool MayConnect()
    {
        if (!MayAsk)
        {
            return false;
        }

        _tried = clock.GetTimestamp();
        return true;
    }
}
