namespace Loopwave.Deployment;

/// <summary>
/// How far the clock of a process and that of its database are apart. Leases are measured by both: far apart, each process
/// would take what another one still holds.
/// </summary>
public static class ClockSkew
{
    /// <summary>What is borne.</summary>
    public static readonly TimeSpan Most = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How far apart they are at the least, never negative: the other clock was read at some moment between
    /// <paramref name="before"/> and <paramref name="after"/> by ours.
    /// </summary>
    public static TimeSpan Between(DateTimeOffset before, DateTimeOffset there, DateTimeOffset after) =>
        there < before ? before - there : there > after ? there - after : TimeSpan.Zero;

    /// <summary>What is wrong, as a sentence; null when the skew is borne.</summary>
    public static string? Problem(TimeSpan skew) => skew > Most
        ? FormattableString.Invariant(
            $"The clocks of this machine and of the database differ by {skew.TotalSeconds:F0} s; more than {Most.TotalSeconds:F0} s is unsafe. Set them with NTP.")
        : null;
}
