using Xunit;

namespace Loopwave.Deployment;

public sealed class ClockSkewTests
{
    private static readonly DateTimeOffset Noon = new(2026, 6, 29, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0, 1, 2, 0)]
    [InlineData(0, 0, 0, 0)]
    [InlineData(10, 4, 12, 6)]
    [InlineData(10, 18, 12, 6)]
    public void Two_clocks_are_as_far_apart_as_the_time_of_asking_leaves_no_doubt_about(double before, double there, double after, double skew) =>
        Assert.Equal(skew, ClockSkew.Between(Noon.AddSeconds(before), Noon.AddSeconds(there), Noon.AddSeconds(after)).TotalSeconds);

    [Fact]
    public void Five_seconds_are_borne_and_more_is_said_with_what_to_do()
    {
        Assert.Null(ClockSkew.Problem(TimeSpan.FromSeconds(5)));
        var problem = ClockSkew.Problem(TimeSpan.FromSeconds(5.6));
        Assert.Contains("differ by 6 s", problem, StringComparison.Ordinal);
        Assert.Contains("NTP", problem, StringComparison.Ordinal);
    }
}
