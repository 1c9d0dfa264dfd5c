using Loopwave.Engines;
using Loopwave.Testing;
using Xunit;

namespace Loopwave.Numbers;

/// <summary>A timer that has rung, and is heard only when it was set anew already: as on a machine with more to do than it can.</summary>
public sealed class LateTimerTests(SharedCluster shared) : OneNumber(shared), IClassFixture<SharedCluster>
{
    [Fact]
    public async Task What_rang_for_the_wait_before_does_not_end_an_attempt_to_connect_that_has_only_begun()
    {
        await Raise(new EngineEvent.Closed(408));
        var opens = Cluster.Engine.Opens(Number);

        // The wait after the lost connection is over while the number opens, and its timer is heard after that.
        Cluster.Engine.Opening = open =>
        {
            if (open.Number == Number)
            {
                Cluster.Clock.Advance(TimeSpan.FromSeconds(5));
            }
        };
        await Cluster.Number(Number).Reconnect();
        Cluster.Engine.Opening = _ => { };

        // Behind what rang.
        await Cluster.Number(Number).GetLink();
        var number = (await Cluster.Numbers.Get(Number, Access.All)).Value!.Number;
        Assert.Equal((NumberStatus.Connecting, null, opens + 1), (number.Status, number.Reason?.Code, Cluster.Engine.Opens(Number)));

        await Raise(new EngineEvent.Opened("Acme"));
        Assert.Equal(NumberStatus.Ready, (await Cluster.Numbers.Get(Number, Access.All)).Value!.Number.Status);
    }
}
