using Loopwave.Api.Cluster;
using Loopwave.Configuration;
using Loopwave.Starting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Xunit;

namespace Loopwave.Api.Tests.Cluster;

/// <summary>What is set about a cluster reaches API nodes as well.</summary>
public sealed class ClusterTuningTests
{
    [Fact]
    public async Task With_nothing_set_a_node_is_tuned_as_measured()
    {
        await using var node = Node([]);

        Assert.Equal((TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10)), Tuned(node));
        Assert.True(node.Services.GetRequiredService<IOptions<ClientMessagingOptions>>().Value.CancelRequestOnTimeout);
    }

    [Fact]
    public async Task What_is_set_reaches_the_node()
    {
        await using var node = Node(new() { ["Cluster:GatewayRefresh"] = "00:00:02", ["Cluster:ResponseTimeout"] = "00:00:20" });

        Assert.Equal((TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(20)), Tuned(node));
        node.Services.Check([]);
    }

    [Fact]
    public async Task What_breaks_a_promise_is_refused_there_too()
    {
        await using var node = Node(new() { ["Cluster:GatewayRefresh"] = "00:00:10" });

        var refused = Assert.Throws<ConfigurationMistakesException>(() => node.Services.Check([]));

        Assert.StartsWith("Cluster:MaxProbeTimeout times Cluster:MissedProbes plus Cluster:GatewayRefresh must be at most 20 seconds: ", Assert.Single(refused.Mistakes), StringComparison.Ordinal);
    }

    private static (TimeSpan GatewayRefresh, TimeSpan ResponseTimeout) Tuned(WebApplication node) => (
        node.Services.GetRequiredService<IOptions<GatewayOptions>>().Value.GatewayListRefreshPeriod,
        node.Services.GetRequiredService<IOptions<ClientMessagingOptions>>().Value.ResponseTimeout);

    // As the program builds it, and not started.
    private static WebApplication Node(Dictionary<string, string?> settings)
    {
        settings["POSTGRES_URI"] = "postgresql://user:password@localhost:5432/database";
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Configuration.AddInMemoryCollection(settings);
        var read = SettingsReader.Read(builder.Configuration, ProcessRole.Api, out var mistakes);
        Assert.Empty(mistakes);
        builder.Services.AddLogging();
        builder.UseHttpPort(read);
        builder.AddClusterClient(read, read.Cluster!);
        builder.Services.AddLoopwaveApi();
        return builder.Build();
    }
}
