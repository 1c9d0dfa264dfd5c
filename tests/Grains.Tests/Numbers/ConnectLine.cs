using Loopwave.Numbers;
using Xunit;

namespace Loopwave.Grains.Tests.Numbers;

/// <summary>
/// Numbers in line for one budget, in time that a test lets pass: each asks again when it was told to, or a little later, as
/// grains do. Keeps who connected when.
/// </summary>
internal sealed class ConnectLine
{
    private readonly TimeSpan _interval;
    private readonly JumpingClock _clock = new();
    private readonly Dictionary<string, (TimeSpan At, bool Urgent)> _waiting = [];
    private readonly Random _random = new(1);
    private ConnectBudget? _budget;

    public ConnectLine(TimeSpan interval) => _interval = interval;

    public long Frequency { get => _clock.Frequency; init => _clock.Frequency = value; }

    /// <summary>How late a timer is, given a number from 0 to 1.</summary>
    public Func<double, TimeSpan> Late { get; init; } = _ => TimeSpan.Zero;

    public List<(string Number, TimeSpan At)> Connects { get; } = [];

    public DateTimeOffset Wall => _clock.GetUtcNow();

    private ConnectBudget Budget => _budget ??= new ConnectBudget(_interval, _clock);

    public TimeSpan Ask(string number, bool urgent = false)
    {
        var wait = Budget.Reserve(number, urgent);
        if (wait == TimeSpan.Zero)
        {
            _waiting.Remove(number);
            Connects.Add((number, _clock.Measured));
        }
        else
        {
            _waiting[number] = (_clock.Measured + wait + Late(_random.NextDouble()), urgent);
        }

        return wait;
    }

    /// <summary>The number does not want to connect any more, and tells nobody.</summary>
    public void Leave(string number) => _waiting.Remove(number);

    /// <summary>The budget is gone, and a new one is there for whoever asks next.</summary>
    public void Die()
    {
        _budget = null;
        _ = Budget;
    }

    /// <summary>Time passes, and nobody can ask meanwhile.</summary>
    public void Advance(TimeSpan by)
    {
        _ = Budget;
        _clock.Advance(by);
    }

    /// <summary>Somebody sets the clock on the wall.</summary>
    public void Jump(TimeSpan by) => _clock.Jump(by);

    /// <summary>Time passes, and whoever was told to ask again does.</summary>
    public void Run(TimeSpan by)
    {
        var until = _clock.Measured + by;
        while (Next() is { } next && next.At <= until)
        {
            Take(next.Number, next.At, next.Urgent);
        }

        Advance(until - _clock.Measured);
    }

    public void RunUntilAllAreIn()
    {
        var most = 100 * (_waiting.Count + 10);
        for (var asked = 0; Next() is { } next; asked++)
        {
            Assert.True(asked < most, $"{_waiting.Count} numbers never get in.");
            Take(next.Number, next.At, next.Urgent);
        }
    }

    /// <summary>In no second more connects than whole intervals fit into it; at longer intervals, one in each.</summary>
    public void AssertWithinBudget()
    {
        var window = _interval > TimeSpan.FromSeconds(1) ? _interval : TimeSpan.FromSeconds(1);
        var most = (int)(window / _interval);
        foreach (var (first, next) in Connects.Zip(Connects.Skip(most)))
        {
            Assert.True(next.At - first.At >= window, $"More than {most} connects from {first} to {next}.");
        }
    }

    private (string Number, TimeSpan At, bool Urgent)? Next() =>
        _waiting.Count == 0 ? null : _waiting.Select(one => (one.Key, one.Value.At, one.Value.Urgent)).MinBy(one => one.At);

    private void Take(string number, TimeSpan at, bool urgent)
    {
        if (at > _clock.Measured)
        {
            Advance(at - _clock.Measured);
        }

        Ask(number, urgent);
    }

    /// <summary>Measures time evenly while the wall clock jumps.</summary>
    private sealed class JumpingClock : TimeProvider
    {
        private DateTimeOffset _wall = Sessions.Now;

        public long Frequency { get; set; } = 1_000_000_000;

        public TimeSpan Measured { get; private set; }

        public override long TimestampFrequency => Frequency;

        public override DateTimeOffset GetUtcNow() => _wall;

        public override long GetTimestamp() => (long)((Int128)Measured.Ticks * Frequency / TimeSpan.TicksPerSecond);

        public void Advance(TimeSpan by)
        {
            Measured += by;
            _wall += by;
        }

        public void Jump(TimeSpan by) => _wall += by;
    }
}
