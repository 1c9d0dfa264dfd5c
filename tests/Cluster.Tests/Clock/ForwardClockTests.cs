using Xunit;

namespace Loopwave.Clock;

public sealed class ForwardClockTests
{
    private static readonly DateTimeOffset Noon = new(2026, 6, 29, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Time_follows_the_wall_and_its_jumps_forward()
    {
        var wall = new Wall { Now = Noon };
        var clock = new ForwardClock(wall);
        Assert.Equal(Noon, clock.GetUtcNow());

        wall.Pass(TimeSpan.FromSeconds(1));
        wall.Now += TimeSpan.FromHours(1);

        Assert.Equal(Noon + TimeSpan.FromSeconds(3601), clock.GetUtcNow());
    }

    [Fact]
    public void A_wall_that_is_set_back_slows_time_until_it_has_caught_up()
    {
        var wall = new Wall { Now = Noon };
        var clock = new ForwardClock(wall);
        clock.GetUtcNow();
        wall.Now -= TimeSpan.FromHours(2);

        wall.Pass(TimeSpan.FromHours(1));
        Assert.Equal(Noon + TimeSpan.FromMinutes(30), clock.GetUtcNow());
        wall.Pass(TimeSpan.FromHours(1));
        Assert.Equal(Noon + TimeSpan.FromHours(1), clock.GetUtcNow());
        wall.Pass(TimeSpan.FromHours(1));
        Assert.Equal(wall.Now, clock.GetUtcNow());
    }

    private sealed class Wall : TimeProvider
    {
        private long _timestamp;

        public DateTimeOffset Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Pass(TimeSpan time)
        {
            Now += time;
            _timestamp += time.Ticks;
        }

        public override DateTimeOffset GetUtcNow() => Now;

        public override long GetTimestamp() => _timestamp;
    }
}
