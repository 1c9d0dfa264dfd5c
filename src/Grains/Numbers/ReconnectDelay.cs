namespace Loopwave.Numbers;

/// <summary>How long to wait before connecting again. Pure: randomness comes in as a number from 0 to 1.</summary>
internal static class ReconnectDelay
{
    /// <summary>The ceiling of the growing delay.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    /// <summary>Between two tries against a wall that does not move by itself.</summary>
    public static readonly TimeSpan Slow = TimeSpan.FromMinutes(15);

    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Full jitter: uniform from zero to a ceiling that doubles from 1 s to 60 s. Of the policies simulated with 500
    /// numbers this one has the lowest peak (reference "reliability" 2.6).
    /// </summary>
    public static TimeSpan FullJitter(int attempt, double random)
    {
        var doublings = Math.Clamp(attempt - 1, 0, 6);
        var ceiling = TimeSpan.FromTicks(Math.Min(Longest.Ticks, First.Ticks << doublings));
        return ceiling * random;
    }

    /// <summary>One to two minutes: until another number has tried for all.</summary>
    public static TimeSpan BehindAnother(double random) => TimeSpan.FromMinutes(1 + random);

    /// <summary>15 minutes, give or take a fifth.</summary>
    public static TimeSpan Slowly(double random) => Slow * (0.8 + (0.4 * random));
}
