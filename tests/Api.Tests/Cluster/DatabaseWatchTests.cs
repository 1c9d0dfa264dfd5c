using System.Threading.Channels;
using Loopwave.Api.Cluster;
using Loopwave.Cluster;
using Loopwave.Testing.Api;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Loopwave.Api.Tests.Cluster;

/// <summary>An API node that does not fit its database ends when that can first be told; what goes wrong later is shown.</summary>
public sealed class DatabaseWatchTests : IAsyncLifetime, IHostApplicationLifetime
{
    private static readonly Dictionary<string, string?> Fine = new() { [AlarmCodes.WrongCluster] = null, [AlarmCodes.ClockSkew] = null };

    private readonly FakeTimeProvider _clock = new();
    private readonly Channel<TaskCompletionSource<IReadOnlyDictionary<string, string?>?>> _looks =
        Channel.CreateUnbounded<TaskCompletionSource<IReadOnlyDictionary<string, string?>?>>();

    private readonly CancellationTokenSource _stopping = new();
    private readonly ProcessAlarms _alarms;
    private readonly LogLines _log = new();
    private readonly ILoggerFactory _loggers;
    private readonly DatabaseWatch _watch;

    public DatabaseWatchTests()
    {
        _loggers = LoggerFactory.Create(logging => logging.AddProvider(_log));
        _alarms = new ProcessAlarms(_clock, NullLogger<ProcessAlarms>.Instance);
        _watch = new DatabaseWatch(Look, _alarms, this, _clock, _loggers.CreateLogger<DatabaseWatch>());
    }

    public CancellationToken ApplicationStarted => default;

    public CancellationToken ApplicationStopping => _stopping.Token;

    public CancellationToken ApplicationStopped => default;

    public async ValueTask InitializeAsync() => await _watch.StartAsync(default);

    public async ValueTask DisposeAsync()
    {
        await _watch.StopAsync(default);
        _watch.Dispose();
        _loggers.Dispose();
        _stopping.Dispose();
    }

    void IHostApplicationLifetime.StopApplication() => _stopping.Cancel();

    [Fact]
    public async Task What_is_wrong_when_the_database_first_answers_ends_the_process()
    {
        (await NextLook()).SetResult(null);
        (await NextLook()).SetResult(new Dictionary<string, string?>(Fine) { [AlarmCodes.WrongCluster] = "Another cluster's." });

        await _watch.ExecuteTask!.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.True(ApplicationStopping.IsCancellationRequested);
        Assert.Equal(["Another cluster's."], _watch.Refusal!.Problems);
    }

    [Fact]
    public async Task What_goes_wrong_later_is_an_alarm_until_it_is_over_and_ends_nothing()
    {
        (await NextLook()).SetResult(Fine);
        (await NextLook()).SetResult(new Dictionary<string, string?>(Fine) { [AlarmCodes.ClockSkew] = "The clocks differ." });
        var away = await NextLook();
        Assert.Equal([AlarmCodes.ClockSkew], _alarms.All.Select(alarm => alarm.Code));
        away.SetResult(null);
        var mended = await NextLook();
        Assert.Single(_alarms.All);
        mended.SetResult(Fine);
        await NextLook();

        Assert.Empty(_alarms.All);
        Assert.False(ApplicationStopping.IsCancellationRequested);
    }

    [Fact]
    public async Task A_look_that_fails_for_a_reason_that_nobody_foresaw_is_said_once_and_not_the_last()
    {
        (await NextLook()).SetException(new InvalidOperationException());
        (await NextLook()).SetException(new TaskCanceledException());
        (await NextLook()).SetResult(Fine);
        (await NextLook()).SetException(new InvalidOperationException());
        (await NextLook()).SetResult(new Dictionary<string, string?>(Fine) { [AlarmCodes.ClockSkew] = "The clocks differ." });
        await NextLook();

        Assert.Equal([AlarmCodes.ClockSkew], _alarms.All.Select(alarm => alarm.Code));
        Assert.Equal(2, _log.Lines.Count(line => line.Contains(nameof(InvalidOperationException), StringComparison.Ordinal)));
        Assert.DoesNotContain(_log.Lines, line => line.Contains(nameof(TaskCanceledException), StringComparison.Ordinal));
        Assert.False(ApplicationStopping.IsCancellationRequested);
    }

    private Task<IReadOnlyDictionary<string, string?>?> Look(CancellationToken cancellationToken)
    {
        var look = new TaskCompletionSource<IReadOnlyDictionary<string, string?>?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _looks.Writer.TryWrite(look);
        return look.Task.WaitAsync(cancellationToken);
    }

    // Lets time pass until the watch looks again: it sets its timer a moment after the answer to the look before.
    private async Task<TaskCompletionSource<IReadOnlyDictionary<string, string?>?>> NextLook()
    {
        var began = TimeProvider.System.GetTimestamp();
        TaskCompletionSource<IReadOnlyDictionary<string, string?>?>? look;
        while (!_looks.Reader.TryRead(out look))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(20), "It looks no more.");
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        return look;
    }
}
