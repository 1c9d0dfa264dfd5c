using Loopwave.Chaos.Load;
using Xunit;

namespace Loopwave.Chaos;

/// <summary>The load: as many a second as were asked for, at once or after a while.</summary>
public sealed class OpenLoopTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(20, 2)]
    [InlineData(300, 30)]
    public void Without_a_ramp_turns_are_due_at_the_rate(long turn, double seconds) => Assert.Equal(seconds, Due(turn, ramp: 0), 6);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(2, 2)]
    [InlineData(50, 10)]
    [InlineData(60, 11)]
    public void With_a_ramp_the_rate_grows_evenly_and_then_stays(long turn, double seconds) => Assert.Equal(seconds, Due(turn, ramp: 10), 6);

    private static double Due(long turn, double ramp)
    {
        using var loop = new OpenLoop(10, TimeSpan.FromSeconds(ramp), 1, _ => { }, TimeProvider.System);
        return loop.DueAt(turn).TotalSeconds;
    }
}
