namespace Loopwave.Numbers;

/// <summary>
/// Spreads connects over time: one slot every <paramref name="interval"/>, no burst, whoever asks and whatever happened.
/// A slot is a promise of a time; one that is not used is lost. Zero means no limit.
/// </summary>
internal sealed class ConnectBudget(TimeSpan interval, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private long? _next;

    /// <summary>How long to wait before connecting; zero when the budget is free now.</summary>
    public TimeSpan Reserve()
    {
        if (interval <= TimeSpan.Zero)
        {
            return TimeSpan.Zero;
        }

        lock (_lock)
        {
            // Monotonic: a jump of the wall clock neither opens a burst nor closes the budget for an hour.
            var now = clock.GetTimestamp();
            var slot = Math.Max(now, _next ?? now);
            _next = slot + (long)Math.Ceiling(interval.TotalSeconds * clock.TimestampFrequency);
            return clock.GetElapsedTime(now, slot);
        }
    }
}
