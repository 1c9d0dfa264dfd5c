using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Loopwave.Numbers;

public sealed class CutOffTests
{
    [Fact]
    public void Time_in_which_nobody_else_could_either_does_not_count()
    {
        var clock = new FakeTimeProvider();
        var cutOff = new CutOff(TimeSpan.FromSeconds(20), clock);
        Assert.False(Lost(true, 0));
        Assert.False(Lost(true, 19));
        Assert.False(Lost(false, 5));
        Assert.False(Lost(true, 5));
        Assert.False(Lost(true, 19));
        cutOff.Renewed();
        Assert.False(Lost(true, 5));
        Assert.True(Lost(true, 20));

        bool Lost(bool anotherHolds, int after)
        {
            clock.Advance(TimeSpan.FromSeconds(after));
            return cutOff.Lost(anotherHolds);
        }
    }
}
