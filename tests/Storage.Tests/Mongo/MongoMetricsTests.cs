using Loopwave.Deployment;
using Loopwave.Numbers;
using Loopwave.Storage.Tests.Conformance;
using Loopwave.Team;
using Loopwave.Testing;
using Loopwave.Testing.Storage;

namespace Loopwave.Storage.Tests.Mongo;

public sealed class MongoMetricsTests : IAsyncDisposable
{
    // No other test's, which run beside this one.
    private const string Backend = "mongo-metrics-test";

    private readonly string _name = MongoServer.NewName();

    public async ValueTask DisposeAsync() => await MongoServer.Drop(_name);

    [Fact]
    public async Task Commits_and_their_steps_are_measured_and_neither_what_is_there_already_nor_what_comes_behind_a_refusal_is_a_failure()
    {
        using var measured = new Measurements(host: null);
        await using (var backend = await MongoBackend.Open(_name, isOwner: false, options => options with { Backend = Backend }))
        {
            var owned = await Sample.OwnedNumber(backend);
            Assert.Equal(CommitResult.Committed, await backend.Numbers.Commit(owned.Change(), owned.Lane));
            var refused = new CommitLane();
            Assert.Equal(CommitResult.StaleEpoch, await backend.Numbers.Commit(owned.Change() with { Epoch = 99 }, refused));
            await Assert.ThrowsAsync<StorageUnavailableException>(() => backend.Numbers.Commit(owned.Change(), refused));
            var member = Filled.Of<MemberDocument>();
            Assert.True(await backend.Team.Add(member));
            Assert.False(await backend.Team.Add(member));
        }

        var ours = measured.Of("loopwave_storage_latency_seconds").Where(one => one.Labels.StartsWith($"backend={Backend},", StringComparison.Ordinal)).ToList();
        Assert.Equal(
            ["operation=commit,outcome=done", "operation=commit,outcome=refused", "operation=query,outcome=done", "operation=query,outcome=refused"],
            ours.Select(one => one.Labels[(one.Labels.IndexOf(',', StringComparison.Ordinal) + 1)..]).Distinct().Order(StringComparer.Ordinal));
    }
}
