using Microsoft.Extensions.Time.Testing;

namespace Loopwave.Testing;

/// <summary>
/// Time in the test's hands, with a clock on the wall that can be set: timers and measured time go on as they would on a
/// real machine.
/// </summary>
public sealed class JumpingClock(DateTimeOffset start) : FakeTimeProvider(start)
{
    private TimeSpan _set;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _set;

    // The base would measure by the clock on the wall.
    public override long GetTimestamp() => base.GetUtcNow().Ticks;

    /// <summary>Somebody sets the clock.</summary>
    public void Jump(TimeSpan by) => _set += by;
}
