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

        Assert.InRange(await UntilOpened(), 30, 90);
        await _cluster.Engine.Raise(_number, new EngineEvent.Opened("Acme"));
        await Passes(45);
        await _cluster.Engine.Raise(_number, new EngineEvent.Closed(440));

        view = await _cluster.View(_number);
        Assert.Equal((NumberStatus.Disconnected, "replaced", null), (view.Status, view.Reason!.Code, view.NextAttemptAt));
        await Passes(600);
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
        await Passes(120);

        Assert.Equal("replaced", (await _cluster.View(_number)).Reason!.Code);
        Assert.Equal(0, _cluster.Engine.Opens(_number));
    }

    [Fact]
    public async Task A_refused_client_version_raises_an_alarm_and_is_tried_every_quarter_of_an_hour()
    {
        var opens = _cluster.Engine.Opens(_number);
        await _cluster.Engine.Raise(_number, new EngineEvent.Closed(405));

        Assert.Contains(_log.Lines, line => line.StartsWith("Error", StringComparison.Ordinal) && line.Contains("WA_VERSION", StringComparison.Ordinal));
        Assert.Equal("client_outdated", (await _cluster.View(_number)).Reason!.Code);
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            var minutes = await UntilOpened() / 60.0;
            Assert.InRange(minutes, 15 * 0.8, 15 * 1.3);
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
        Assert.InRange(await UntilOpened(), 600, 660);
        await _cluster.Engine.Raise(_number, new EngineEvent.Opened("Acme"));
        Assert.Equal(NumberStatus.Ready, (await _cluster.View(_number)).Status);

        await _cluster.Engine.Raise(_number, new EngineEvent.Closed(403));
        var opens = _cluster.Engine.Opens(_number);
        await Passes(60 * 60);
        Assert.Equal(opens, _cluster.Engine.Opens(_number));
        Assert.Equal("locked", (await _cluster.View(_number)).Reason!.Code);
    }

    // How many seconds it took until the number was opened again: never too few, and a few more while the machine is busy.
    private async Task<int> UntilOpened()
    {
        var seconds = 0;
        while (!_cluster.Engine.HasOpen(_number) && seconds < 3600)
        {
            await Passes(1);
            seconds++;
        }

        await _cluster.Engine.NextOpen(_number);
        return seconds;
    }

    private async Task Passes(int seconds)
    {
        var step = seconds > 120 ? 5 : 1;
        for (var i = 0; i < seconds; i += step)
        {
            _cluster.Clock.Advance(TimeSpan.FromSeconds(step));
            for (var call = 0; call < 3; call++)
            {
                await _cluster.Number(_number).Get();
            }
        }
    }
}
