using Loopwave.Testing;
using Xunit;

namespace Loopwave.Cluster;

public sealed class ApiNodeViewTests
{
    [Fact]
    public async Task An_API_node_is_seen_until_it_says_that_it_ends_or_nothing_for_three_quarters_of_a_minute()
    {
        await using var host = await LoopwaveCluster.Start();
        var cluster = host.Grains.GetGrain<IClusterGrain>(0);
        foreach (var name in new[] { "one:4000", "two:4000" })
        {
            await cluster.ReportApiNode(new ApiNodeView(name, "1.0.0", host.Clock.GetUtcNow()));
        }

        Assert.Equal(["one:4000", "two:4000"], (await cluster.Get()).ApiNodes.Select(node => node.Name));

        await cluster.ForgetApiNode("one:4000");
        await cluster.ForgetApiNode("nobody:4000");
        Assert.Equal(["two:4000"], (await cluster.Get()).ApiNodes.Select(node => node.Name));

        host.Clock.Advance(TimeSpan.FromSeconds(46));
        Assert.Empty((await cluster.Get()).ApiNodes);
    }
}
