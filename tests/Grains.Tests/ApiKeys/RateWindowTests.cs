using Loopwave.ApiKeys;
using Xunit;

namespace Loopwave.Grains.Tests.ApiKeys;

public sealed class RateWindowTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 29, 10, 15, 20, TimeSpan.Zero);

    [Fact]
    public void A_window_is_a_clock_minute()
    {
        var (window, taken) = default(RateWindow).Take(Now, limit: 1);

        Assert.True(taken);
        Assert.Equal(new DateTimeOffset(2026, 6, 29, 10, 16, 0, TimeSpan.Zero), window.EndsAt);
        Assert.False(window.Take(Now.AddSeconds(39), limit: 1).Taken);
        Assert.True(window.Take(Now.AddSeconds(40), limit: 1).Taken);
    }

    [Fact]
    public void What_is_refused_is_not_counted()
    {
        var (window, _) = default(RateWindow).Take(Now, limit: 1);

        Assert.Equal(1, window.Take(Now, limit: 1).Next.Used);
        Assert.True(window.Take(Now, limit: 2).Taken);
    }

    [Theory]
    [InlineData(-3600)]
    [InlineData(3600)]
    [InlineData(86400)]
    public void A_clock_that_jumps_locks_nobody_out(int seconds)
    {
        var (window, _) = default(RateWindow).Take(Now, limit: 1);

        Assert.True(window.Take(Now.AddSeconds(seconds), limit: 1).Taken);
    }
}
