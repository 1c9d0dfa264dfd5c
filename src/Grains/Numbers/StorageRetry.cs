namespace Loopwave.Numbers;

/// <summary>
/// When a number tries again what storage did not do. All numbers of a silo lose it at once, and each try costs about as much as a message: tried every
/// second by tens of thousands, nothing else would be done until it is back.
/// </summary>
/// <param name="Failures">In a row.</param>
/// <param name="At">When the next try is due; null while none is wanted.</param>
/// <param name="Last">When the last try was due.</param>
internal sealed record StorageRetry(int Failures, DateTimeOffset? At, DateTimeOffset? Last)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    // Failures with more between them are not one outage.
    private static readonly TimeSpan Row = TimeSpan.FromMinutes(1);

    public static StorageRetry None { get; } = new(0, null, null);

    /// <summary>One is due. Asked again before it is, it is not put off.</summary>
    /// <param name="random">0 to 1. Numbers that failed together do not come back together.</param>
    public StorageRetry Wanted(DateTimeOffset now, double random)
    {
        if (At <= now + LongestPause)
        {
            return this;
        }

        var failures = now - Last < Row ? Failures + 1 : 1;
        var at = now + Pause(failures, random);
        return new StorageRetry(failures, at, at);
    }

    /// <summary>None is due any more: it is being tried, or another one read what is stored.</summary>
    public StorageRetry Off() => At is null ? this : this with { At = null };

    private static TimeSpan Pause(int failures, double random)
    {
        var whole = FirstPause * Math.Pow(2, Math.Min(failures - 1, 10));
        whole = whole < LongestPause ? whole : LongestPause;
        return failures == 1 ? whole : whole * (0.75 + (random / 4));
    }
}
