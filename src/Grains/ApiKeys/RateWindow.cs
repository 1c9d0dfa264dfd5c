namespace Loopwave.ApiKeys;

/// <summary>The requests of one key in one clock minute.</summary>
internal readonly record struct RateWindow(long Minute, int Used)
{
    /// <summary>
    /// Takes one request if the limit allows. Any other minute than the current one starts afresh, also an earlier one:
    /// a clock that was set back must not lock a key out until the old time comes round again.
    /// </summary>
    public (RateWindow Next, bool Taken) Take(DateTimeOffset now, int limit)
    {
        var minute = now.ToUnixTimeSeconds() / 60;
        var used = minute == Minute ? Used : 0;
        return used < limit ? (new(minute, used + 1), true) : (new(minute, used), false);
    }

    public DateTimeOffset EndsAt => DateTimeOffset.FromUnixTimeSeconds((Minute + 1) * 60);
}
