using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Xunit;

namespace Loopwave.Configuration;

/// <summary>How soon a silo notices that another one is gone can be set, within what is promised of it.</summary>
public class ClusterTuningTests
{
    [Fact]
    public void With_nothing_set_a_silo_is_tuned_as_measured()
    {
        using var silo = Silo([]);
        var membership = Of<ClusterMembershipOptions>(silo);

        Assert.Equal(
            (TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4), 3),
            (membership.ProbeTimeout, membership.MinProbeTimeout, membership.MaxProbeTimeout, membership.NumMissedProbesLimit));
        Assert.Equal(
            (TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(5), TimeSpan.FromDays(1)),
            (membership.TableRefreshTimeout, membership.IAmAliveTablePublishTimeout, membership.DefunctSiloExpiration));
        Assert.Equal(TimeSpan.FromSeconds(12), Of<GrainDirectoryOptions>(silo).RangeLeaseDuration);
        Assert.Equal(TimeSpan.FromSeconds(10), Of<SiloMessagingOptions>(silo).ResponseTimeout);
        Assert.True(Of<SiloMessagingOptions>(silo).CancelRequestOnTimeout);
    }

    [Fact]
    public void What_is_set_reaches_the_silo_and_the_directory_waits_as_long_as_it_takes_to_notice()
    {
        using var silo = Silo(new()
        {
            ["Cluster:ProbeTimeout"] = "00:00:01", ["Cluster:MaxProbeTimeout"] = "00:00:03", ["Cluster:MissedProbes"] = "5", ["Cluster:ResponseTimeout"] = "00:00:15",
        });
        var membership = Of<ClusterMembershipOptions>(silo);

        Assert.Equal(
            (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(3), 5),
            (membership.ProbeTimeout, membership.MinProbeTimeout, membership.MaxProbeTimeout, membership.NumMissedProbesLimit));
        Assert.Equal(TimeSpan.FromSeconds(15), Of<GrainDirectoryOptions>(silo).RangeLeaseDuration);
        Assert.Equal(TimeSpan.FromSeconds(15), Of<SiloMessagingOptions>(silo).ResponseTimeout);
        silo.Services.Check([]);
    }

    [Theory]
    [InlineData("ProbeTimeout", "00:00:03", "MissedProbes", "3", "Cluster:ProbeTimeout times Cluster:MissedProbes must be at most 6 seconds: ")]
    [InlineData("MissedProbes", "4", "MaxProbeTimeout", "00:00:02", "Cluster:ProbeTimeout times Cluster:MissedProbes must be at most 6 seconds: ")]
    [InlineData("MaxProbeTimeout", "00:00:05.1", "MissedProbes", "3", "Cluster:MaxProbeTimeout times Cluster:MissedProbes plus Cluster:GatewayRefresh must be at most 20 seconds: ")]
    [InlineData("GatewayRefresh", "00:00:08.1", "MissedProbes", "3", "Cluster:MaxProbeTimeout times Cluster:MissedProbes plus Cluster:GatewayRefresh must be at most 20 seconds: ")]
    [InlineData("MaxProbeTimeout", "00:00:01.9", "MissedProbes", "3", "Cluster:ProbeTimeout must not be above Cluster:MaxProbeTimeout.")]
    [InlineData("ResponseTimeout", "00:00:06.9", "MissedProbes", "3", "Cluster:ResponseTimeout is \"00:00:06.9\", but it must be a time from 00:00:07 to 00:00:25, written as hours:minutes:seconds.")]
    [InlineData("MissedProbes", "1", "ProbeTimeout", "00:00:02", "Cluster:MissedProbes is \"1\", but it must be a whole number from 2 to 6.")]
    public void What_breaks_a_promise_is_refused_with_one_sentence(string one, string value, string other, string otherValue, string sentence)
    {
        using var silo = Silo(new() { ["Cluster:" + one] = value, ["Cluster:" + other] = otherValue });

        var refused = Assert.Throws<ConfigurationMistakesException>(() => silo.Services.Check([]));

        Assert.StartsWith(sentence, Assert.Single(refused.Mistakes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ProbeTimeout", "00:00:03", "MissedProbes", "2")]
    [InlineData("ProbeTimeout", "00:00:01", "MissedProbes", "6", "MaxProbeTimeout", "00:00:02.5")]
    [InlineData("GatewayRefresh", "00:00:08", "MissedProbes", "3")]
    [InlineData("ResponseTimeout", "00:00:07", "MaxProbeTimeout", "00:00:05")]
    public void What_keeps_them_is_taken(params string[] settings)
    {
        using var silo = Silo(settings.Chunk(2).ToDictionary(pair => "Cluster:" + pair[0], string? (pair) => pair[1]));

        silo.Services.Check([]);
    }

    private static T Of<T>(IHost silo) where T : class => silo.Services.GetRequiredService<IOptions<T>>().Value;

    // As the program builds it, and not started.
    private static IHost Silo(Dictionary<string, string?> settings)
    {
        settings["POSTGRES_URI"] = "postgresql://user:password@localhost:5432/database";
        settings["CREDENTIALS_KEY"] = Convert.ToBase64String(new byte[32]);
        settings["JWT_SECRET"] = "for tests only, at least 32 bytes long";
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection(settings);
        var read = SettingsReader.Read(builder.Configuration, ProcessRole.Silo, out var mistakes);
        Assert.Empty(mistakes);
        builder.Services.AddLogging();
        builder.AddClusterSilo(read, read.Cluster!);
        return builder.Build();
    }
}
