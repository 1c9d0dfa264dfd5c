using Loopwave.Cluster;
using Loopwave.Deployment;
using Loopwave.Engines;
using Loopwave.Testing;
using Xunit;

namespace Loopwave.Numbers;

/// <summary>A version that is refused for one number is refused for all: one tries for them, and none is forgotten.</summary>
public sealed class VersionAlarmTests : IAsyncLifetime
{
    private LoopwaveCluster _cluster = null!;
    private List<string> _numbers = [];

    public async ValueTask InitializeAsync()
    {
        _cluster = await LoopwaveCluster.Start();
        foreach (var n in Enumerable.Range(0, 5))
        {
            _numbers.Add(await _cluster.ReadyNumber($"91980000010{n}"));
        }
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task While_the_version_is_refused_one_number_a_minute_connects_and_all_do_once_one_got_in()
    {
        await _cluster.Engine.Raise(_numbers[0], new EngineEvent.Closed(405));
        foreach (var number in _numbers[1..])
        {
            await _cluster.Engine.Raise(number, new EngineEvent.Closed(503));
        }

        await _cluster.PassesUntil(async () => (await Views()).All(view => view.Reason?.Code is "client_outdated"));
        Assert.All(await Views(), view => Assert.Equal(NumberStatus.Disconnected, view.Status));
        Assert.All(await Views(), view => Assert.NotNull(view.NextAttemptAt));
        Assert.DoesNotContain(_numbers, _cluster.Engine.HasOpen);

        var health = (await _cluster.Grains.GetGrain<IHealthGrain>(0).Check()).Single(part => part.Name == "engine");
        Assert.False(health.Ready);
        Assert.Contains("WA_VERSION", health.Message, StringComparison.Ordinal);

        string? first = null;
        await _cluster.PassesUntil(() => Task.FromResult((first = _numbers.FirstOrDefault(_cluster.Engine.HasOpen)) is not null));
        await _cluster.Engine.NextOpen(first!);
        await _cluster.Engine.Raise(first!, new EngineEvent.Closed(405));
        await _cluster.Passes(50);
        Assert.DoesNotContain(_numbers, _cluster.Engine.HasOpen);

        string? second = null;
        await _cluster.PassesUntil(() => Task.FromResult((second = _numbers.FirstOrDefault(_cluster.Engine.HasOpen)) is not null));
        await _cluster.ComesBack(second!);

        // Those that were refused themselves wait no longer than the others.
        var back = _cluster.Clock.GetTimestamp();
        foreach (var number in _numbers)
        {
            await _cluster.ComesBack(number);
        }

        Assert.True(_cluster.Clock.GetElapsedTime(back) < TimeSpan.FromMinutes(4));

        Assert.All(await _cluster.Grains.GetGrain<IHealthGrain>(0).Check(), part => Assert.True(part.Ready, part.Message));
        Assert.Empty((await _cluster.Grains.GetGrain<IClusterGrain>(0).Get()).Alarms);
    }

    [Fact]
    public async Task While_others_are_connected_a_refused_number_is_said_and_the_service_stays_ready()
    {
        await _cluster.Engine.Raise(_numbers[0], new EngineEvent.Closed(405));

        var alarm = Assert.Single(await _cluster.Eventually(
            async () => (await _cluster.Grains.GetGrain<IClusterGrain>(0).Get()).Alarms, alarms => alarms.Count > 0));
        Assert.Equal((AlarmCodes.ClientOutdated, _cluster.Clock.GetUtcNow()), (alarm.Code, alarm.Since));
        var parts = await _cluster.Grains.GetGrain<IHealthGrain>(0).Check();

        Assert.All(parts, part => Assert.True(part.Ready, part.Message));
        Assert.Contains("WA_VERSION", parts.Single(part => part.Name == "engine").Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restart_forgets_no_refusal_and_waits_a_whole_minute_before_one_tries_again()
    {
        foreach (var number in _numbers)
        {
            await _cluster.Engine.Raise(number, new EngineEvent.Closed(405));
        }

        await _cluster.Eventually(async () => (await _cluster.Grains.GetGrain<IClusterGrain>(0).Get()).Alarms, alarms => alarms.Count > 0);
        var since = _cluster.Clock.GetUtcNow();

        _cluster = await _cluster.Restart();
        var restarted = _cluster.Clock.GetTimestamp();
        foreach (var number in _numbers)
        {
            await _cluster.Number(number).Ensure();
        }

        Assert.Equal(since, Assert.Single((await _cluster.Grains.GetGrain<IClusterGrain>(0).Get()).Alarms).Since);
        string? first = null;
        await _cluster.PassesUntil(() => Task.FromResult((first = _numbers.FirstOrDefault(_cluster.Engine.HasOpen)) is not null));
        Assert.True(_cluster.Clock.GetElapsedTime(restarted) >= TimeSpan.FromMinutes(1));
        Assert.Single(_numbers, _cluster.Engine.HasOpen);
    }

    private async Task<List<NumberView>> Views()
    {
        var views = new List<NumberView>();
        foreach (var number in _numbers)
        {
            views.Add(await _cluster.View(number));
        }

        return views;
    }
}
