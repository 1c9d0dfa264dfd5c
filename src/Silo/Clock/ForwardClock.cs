namespace Loopwave.Clock;

/// <summary>
/// The machine's clock, but never backward. Orleans refuses to activate anything while its time lies behind where it was
/// before, so a wall clock that is set back by an hour would stop new work for an hour. While ahead of the wall, time goes
/// at half speed until the wall has caught up; forward jumps are followed at once.
/// </summary>
internal sealed class ForwardClock(TimeProvider wall) : TimeProvider
{
    private readonly Lock _lock = new();
    private DateTimeOffset _last = wall.GetUtcNow();
    private long _lastAt = wall.GetTimestamp();

    public override long TimestampFrequency => wall.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => wall.LocalTimeZone;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
        {
            var now = wall.GetUtcNow();
            var at = wall.GetTimestamp();
            _last = now >= _last ? now : _last + (wall.GetElapsedTime(_lastAt, at) / 2);
            _lastAt = at;
            return _last;
        }
    }

    public override long GetTimestamp() => wall.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        wall.CreateTimer(callback, state, dueTime, period);
}
