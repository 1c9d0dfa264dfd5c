namespace Loopwave.Numbers;

/// <summary>
/// One moment by both clocks of a machine: the one that measures time, which stands still while the machine is suspended, and the one on
/// the wall, which goes on.
/// </summary>
internal sealed record ClockReading(long Measured, DateTimeOffset Wall)
{
    // In this order a suspension between the two shows in this reading, and not only in the next.
    public static ClockReading Of(TimeProvider clock)
    {
        var measured = clock.GetTimestamp();
        return new ClockReading(measured, clock.GetUtcNow());
    }

    /// <summary>How much time since an earlier reading was not measured: the machine was suspended for so long, or its clock was set.</summary>
    public TimeSpan UnmeasuredSince(ClockReading earlier, TimeProvider clock) =>
        Wall - earlier.Wall - clock.GetElapsedTime(earlier.Measured, Measured);
}
