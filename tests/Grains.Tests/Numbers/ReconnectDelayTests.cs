using CsCheck;
using Loopwave.Numbers;
using Xunit;

namespace Loopwave.Grains.Tests.Numbers;

public sealed class ReconnectDelayTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 4)]
    [InlineData(4, 8)]
    [InlineData(5, 16)]
    [InlineData(6, 32)]
    [InlineData(7, 60)]
    [InlineData(8, 60)]
    [InlineData(1000, 60)]
    [InlineData(int.MaxValue, 60)]
    public void The_ceiling_doubles_from_one_second_to_sixty(int attempt, double seconds)
    {
        Assert.Equal(TimeSpan.FromSeconds(seconds), ReconnectDelay.FullJitter(attempt, 1));
        Assert.Equal(TimeSpan.FromSeconds(seconds / 2), ReconnectDelay.FullJitter(attempt, 0.5));
        Assert.Equal(TimeSpan.Zero, ReconnectDelay.FullJitter(attempt, 0));
    }

    [Fact]
    public void The_delay_is_anywhere_from_zero_to_the_ceiling_and_proportional_to_chance() =>
        Gen.Select(Gen.Int[1, 100], Gen.Double[0, 1]).Sample(
            (attempt, random) =>
            {
                var ceiling = Math.Min(60, Math.Pow(2, attempt - 1));
                Assert.Equal(ceiling * random, ReconnectDelay.FullJitter(attempt, random).TotalSeconds, tolerance: 1e-6);
            },
            iter: 10_000);

    [Fact]
    public void A_slow_try_comes_after_12_to_18_minutes() =>
        Gen.Double[0, 1].Sample(
            random => Assert.InRange(ReconnectDelay.Slowly(random), TimeSpan.FromMinutes(12), TimeSpan.FromMinutes(18)),
            iter: 10_000);

    /// <summary>The simulation behind the choice: 500 numbers lost at once, the network away for a minute.</summary>
    [Fact]
    public void Five_hundred_numbers_that_lost_their_connection_come_back_without_a_storm() =>
        Gen.Double.Unit.Array[500 * 12].Sample(
            randoms =>
            {
                var back = new List<double>();
                for (var number = 0; number < 500; number++)
                {
                    var now = 0.0;
                    for (var attempt = 1; now < 60; attempt++)
                    {
                        now += ReconnectDelay.FullJitter(attempt, randoms[((number * 12) + attempt) % randoms.Length]).TotalSeconds;
                    }

                    back.Add(now);
                }

                Assert.InRange(back.Max(), 60, 121);
                Assert.InRange(back.GroupBy(at => (int)at).Max(second => second.Count()), 1, 50);
            },
            iter: 50);
}
