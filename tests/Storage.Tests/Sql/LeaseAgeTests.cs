using Loopwave.Storage.Sql;
using Loopwave.Storage.Tests.Conformance;

namespace Loopwave.Storage.Tests.Sql;

/// <summary>Leases that ended long ago go, where no index of the database removes them.</summary>
public abstract class LeaseAgeTests(Backend backend) : IAsyncDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    private protected abstract ISqlDatabase Database { get; }

    public async ValueTask DisposeAsync()
    {
        await backend.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Whoever_renews_removes_what_ended_long_ago_a_few_at_a_time_and_nothing_else()
    {
        foreach (var i in Enumerable.Range(10, 25))
        {
            await backend.Ownership.Register("old" + i, Long);
            await backend.ExpireLease("old" + i);
        }

        await backend.Ownership.Register("late", TimeSpan.FromSeconds(-60));
        await backend.Ownership.Register("mine", Long);

        Assert.True(await backend.Ownership.Renew("mine", Long));
        Assert.Equal(7, (await SqlPorts.Leases(Database)).Count);
        Assert.True(await backend.Ownership.Renew("mine", Long));
        Assert.Equal(["late", "mine"], await SqlPorts.Leases(Database));
    }

    [Fact]
    public async Task Whoever_was_away_so_long_renews_before_anything_is_removed()
    {
        await backend.Ownership.Register("mine", Long);
        await backend.ExpireLease("mine");

        Assert.True(await backend.Ownership.Renew("mine", Long));
        Assert.Equal(["mine"], await SqlPorts.Leases(Database));
    }

    [Fact]
    public async Task Whoever_may_not_renew_removes_nothing()
    {
        await backend.Ownership.Register("old", Long);
        await backend.ExpireLease("old");

        Assert.False(await backend.Ownership.Renew("never registered", Long));
        Assert.Equal(["old"], await SqlPorts.Leases(Database));
    }
}
