using Loopwave.Deployment;
using Loopwave.Testing.Api;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Loopwave.Cluster;

/// <summary>A clock that is set and a release that comes while a process runs are alarms, said once, and over when they are.</summary>
public sealed class StoreWatchTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 6, 29, 12, 0, 0, TimeSpan.Zero));
    private readonly LogLines _log = new();
    private readonly ILoggerFactory _loggers;
    private readonly Store _store;
    private readonly ProcessAlarms _alarms;
    private readonly StoreWatch _watch;

    public StoreWatchTests()
    {
        _store = new Store(_clock);
        _loggers = LoggerFactory.Create(logging => logging.AddProvider(_log));
        _alarms = new ProcessAlarms(_clock, _loggers.CreateLogger<ProcessAlarms>());
        _watch = new StoreWatch(_store, _alarms, _clock, _loggers.CreateLogger<StoreWatch>());
    }

    public async ValueTask InitializeAsync() => await _watch.StartAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _watch.StopAsync(TestContext.Current.CancellationToken);
        _watch.Dispose();
        _loggers.Dispose();
    }

    [Fact]
    public async Task A_process_that_fits_its_store_has_nothing_to_say()
    {
        await Minute();
        Assert.Empty(_alarms.All);
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task A_clock_that_goes_wrong_is_an_alarm_until_it_is_set()
    {
        _store.Ahead = TimeSpan.FromSeconds(-8);
        var first = _clock.GetUtcNow() + StoreWatch.Period;
        await Minute();
        await Minute();

        var alarm = Assert.Single(_alarms.All);
        Assert.Equal(AlarmCodes.ClockSkew, alarm.Code);
        Assert.InRange(alarm.Since, first, _clock.GetUtcNow());
        Assert.Contains("8 s", alarm.Message, StringComparison.Ordinal);
        Assert.Single(_log.Lines, line => line.StartsWith("Error", StringComparison.Ordinal) && line.Contains("NTP", StringComparison.Ordinal));

        _store.Ahead = TimeSpan.FromSeconds(4);
        await Minute();
        Assert.Empty(_alarms.All);
        Assert.Single(_log.Lines, line => line.Contains("is over", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_newer_release_on_the_same_data_is_an_alarm()
    {
        _store.IsNewer = true;
        await Minute();
        Assert.Equal(AlarmCodes.NewerData, Assert.Single(_alarms.All).Code);
    }

    [Fact]
    public async Task What_was_known_stays_while_the_store_is_away()
    {
        _store.IsNewer = true;
        await Minute();
        _store.IsAway = true;
        await Minute();
        Assert.Single(_alarms.All);

        (_store.IsAway, _store.IsNewer) = (false, false);
        await Minute();
        Assert.Empty(_alarms.All);
        Assert.DoesNotContain(_log.Lines, line => line.Contains("cannot be told", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(typeof(InvalidOperationException))]
    [InlineData(typeof(TaskCanceledException))]
    public async Task A_look_that_fails_for_a_reason_that_nobody_foresaw_is_said_once_and_not_the_last(Type reason)
    {
        _store.Fault = (Exception)Activator.CreateInstance(reason)!;
        await Minute();
        await Minute();
        Assert.Single(_log.Lines, line => line.StartsWith("Warning", StringComparison.Ordinal) && line.EndsWith(reason.Name, StringComparison.Ordinal));

        (_store.Fault, _store.IsNewer) = (null, true);
        await Minute();
        Assert.Equal(AlarmCodes.NewerData, Assert.Single(_alarms.All).Code);

        _store.Fault = new InvalidOperationException();
        await Minute();
        Assert.Equal(2, _log.Lines.Count(line => line.StartsWith("Warning", StringComparison.Ordinal)));
        Assert.Single(_alarms.All);
    }

    // Until it has looked twice: with the second look it is done with what the first one found.
    private async Task Minute()
    {
        var (looks, began) = (_store.Looks, TimeProvider.System.GetTimestamp());
        while (_store.Looks < looks + 2)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(20), "It looks no more.");
            _clock.Advance(StoreWatch.Period);
            await Task.Yield();
        }
    }

    private sealed class Store(TimeProvider clock) : IDeploymentStore
    {
        private int _looks;

        public TimeSpan Ahead { get; set; }

        public bool IsNewer { get; set; }

        public bool IsAway { get; set; }

        public Exception? Fault { get; set; }

        public int Looks => Volatile.Read(ref _looks);

        public Task<StoreState> State()
        {
            Interlocked.Increment(ref _looks);
            var fault = IsAway ? new StorageUnavailableException("Away.") : Fault;
            return fault is null ? Task.FromResult(new StoreState(clock.GetUtcNow() + Ahead, IsNewer)) : Task.FromException<StoreState>(fault);
        }

        public Task<string?> Setting(string name) => throw new NotSupportedException();

        public Task PutSetting(string name, string value) => throw new NotSupportedException();

        public Task<string> EnsureSetting(string name, string value) => throw new NotSupportedException();

        public Task Probe(CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
