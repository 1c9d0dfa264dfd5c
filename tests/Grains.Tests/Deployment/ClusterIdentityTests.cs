using Xunit;

namespace Loopwave.Deployment;

/// <summary>Data belongs to the first cluster that uses it.</summary>
public sealed class ClusterIdentityTests
{
    private static readonly ClusterIdentity Ours = new("loopwave", "east");

    [Theory]
    [InlineData(null)]
    [InlineData("loopwave/east")]
    public void What_is_nobodys_or_ours_may_be_used(string? owner) => Assert.Null(Ours.Problem(owner));

    [Fact]
    public void Another_clusters_data_is_refused_with_both_names_and_what_to_set()
    {
        var problem = Ours.Problem("loopwave/west");
        Assert.Contains("CLUSTER_ID is \"east\"", problem, StringComparison.Ordinal);
        Assert.Contains("belongs to the cluster \"west\"", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("other/east")]
    [InlineData("east")]
    public void Another_services_data_is_refused_whatever_the_cluster_is_called(string owner) =>
        Assert.Contains($"belongs to \"{owner}\"", Ours.Problem(owner), StringComparison.Ordinal);
}
