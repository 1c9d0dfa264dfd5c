using Loopwave.Engines;
using Loopwave.Testing;
using Loopwave.Testing.Api;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Loopwave.Numbers;

/// <summary>Losses of a connection that must not be answered by trying harder.</summary>
public sealed class ReplacedTests : IAsyncLifetime
{
    private readonly LogLines _log = new();
    private LoopwaveCluster _cluster = null!;
    private string _number = null!;

    public async ValueTask InitializeAsync()
    {
        _cluster = await LoopwaveCluster.Start(services => services.AddSingleton<ILoggerProvider>(_log));
        _number = await _cluster.ReadyNumber();
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task A_device_whose_place_was_taken_tries_once_after_thirty_seconds_and_then_only_on_command()
    {
        var opens = _cluster.Engine.Opens(_number);
        await _cluster.Engine.Raise(_number, new EngineEvent.Closed(440));
        var view = await _cluster.View(_number);
        Assert.Equal((NumberStatus.Disconnected, "replaced", _cluster.Clock.GetUtcNow().AddSeconds(30)), (view.Status, view.Reason!.Code, view.NextAttemptAt));

        Assert.True(await UntilOpened() >= 30);
        await _cluster.Engine.Raise(_number, new EngineEvent.Opened("Acme"));
        await _cluster.Passes(45, 1);
        await _cluster.Engine.Raise(_number, new EngineEvent.Closed(440));

        view = await _cluster.View(_number);
        Assert.Equal((NumberStatus.Disconnected, "replaced", null), (view.Status, view.Reason!.Code, view.NextAttemptAt));
        await _cluster.Passes(600, 5);
        Assert.Equal(opens + 1, _cluster.Engine.Opens(_number));

        await _cluster.Number(_number).Reconnect();
        await _cluster.Reconnected(_number);
        Assert.Equal(NumberStatus.Ready, (await _cluster.View(_number)).Status);
    }

    [Fact]
    public async Task A_held_number_stays_held_over_a_restart()
    {
        await _cluster.Engine.Raise(_number, new EngineEvent.Closed(440));
        await UntilOpened();
        await _cluster.Engine.Raise(_number, new EngineEvent.Opened("Acme"));
        await _cluster.Engine.Raise(_number, new EngineEvent.Closed(440));

        _cluster = await _cluster.Restart();
        await _cluster.Number(_number).Ensure();
        await _cluster.Passes(120, 1);

        Assert.Equal("replaced", (await _cluster.View(_number)).Reason!.Code);
        Assert.Equal(0, _cluster.Engine.Opens(_number));
    }

    [Fact]
    public async Task A_refused_client_version_raises_an_alarm_and_is_tried_at_most_once_a_minute()
    {
        var opens = _cluster.Engine.Opens(_number);
        await _cluster.Engine.Raise(_number, new EngineEvent.Closed(405));

        await _cluster.Eventually(
            () => Task.FromResult(_log.Lines.Any(line => line.StartsWith("Error", StringComparison.Ordinal) && line.Contains("WA_VERSION", StringComparison.Ordinal))),
            isThere => isThere);
        Assert.Equal("client_outdated", (await _cluster.View(_number)).Reason!.Code);
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            var next = (await _cluster.View(_number)).NextAttemptAt!.Value - _cluster.Clock.GetUtcNow();
            Assert.InRange(next.TotalMinutes, 1, 2);
            Assert.True(await UntilOpened() >= next.TotalSeconds);
            Assert.Equal(opens + attempt, _cluster.Engine.Opens(_number));
            await _cluster.Engine.Raise(_number, new EngineEvent.Closed(405));
        }
    }

    [Fact]
    public async Task A_temporary_restriction_ends_by_itself_and_a_lock_waits_for_a_person()
    {
        var until = _cluster.Clock.GetUtcNow().AddMinutes(10);
        await _cluster.Engine.Raise(_number, new EngineEvent.Closed(402, until));
        var view = await _cluster.View(_number);
        Assert.Equal((NumberStatus.Disconnected, NumberDetail.Restricted, until), (view.Status, view.Detail, view.Until));
        Assert.True(await UntilOpened() >= 600);
        await _cluster.Engine.Raise(_number, new EngineEvent.Opened("Acme"));
        Assert.Equal(NumberStatus.Ready, (await _cluster.View(_number)).Status);

        await _cluster.Engine.Raise(_number, new EngineEvent.Closed(403));
        var opens = _cluster.Engine.Opens(_number);
        await _cluster.Passes(3600, 5);
        Assert.Equal(opens, _cluster.Engine.Opens(_number));
        Assert.Equal("locked", (await _cluster.View(_number)).Reason!.Code);
    }

    // Waits until the number is opened again, and for how long that was: never too short, and longer while the machine is busy.
    private async Task<double> UntilOpened()
    {
        var began = _cluster.Clock.GetTimestamp();
        await _cluster.PassesUntil(() => Task.FromResult(_cluster.Engine.HasOpen(_number)), step: 1);
        await _cluster.Engine.NextOpen(_number);
        return _cluster.Clock.GetElapsedTime(began).TotalSeconds;
    }
}
