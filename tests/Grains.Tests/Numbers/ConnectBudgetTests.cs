using CsCheck;
using Loopwave.Numbers;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Loopwave.Grains.Tests.Numbers;

public sealed class ConnectBudgetTests
{
    private static readonly DateTimeOffset Start = new(2026, 6, 29, 10, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    [Fact]
    public void Five_hundred_numbers_at_once_connect_ten_a_second_in_the_order_they_asked()
    {
        var budget = new ConnectBudget(Interval, new FakeTimeProvider(Start));

        var waits = Enumerable.Range(0, 500).Select(_ => budget.Reserve()).ToList();

        Assert.Equal(Enumerable.Range(0, 500).Select(i => Interval * i), waits);
    }

    [Fact]
    public void What_was_not_used_is_not_saved_up()
    {
        var clock = new FakeTimeProvider(Start);
        var budget = new ConnectBudget(Interval, clock);
        budget.Reserve();
        clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal([TimeSpan.Zero, Interval, Interval * 2], [budget.Reserve(), budget.Reserve(), budget.Reserve()]);
    }

    [Fact]
    public void Without_an_interval_nobody_waits()
    {
        var budget = new ConnectBudget(TimeSpan.Zero, new FakeTimeProvider(Start));

        Assert.All(Enumerable.Range(0, 100), _ => Assert.Equal(TimeSpan.Zero, budget.Reserve()));
    }

    [Fact]
    public void Whoever_asks_and_however_the_wall_clock_jumps_no_second_sees_more_than_ten_connects() =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 3000]).Array[1, 200].Sample(
            steps =>
            {
                var clock = new JumpingClock();
                var budget = new ConnectBudget(Interval, clock);
                var slots = new List<TimeSpan>();
                foreach (var (what, which) in steps)
                {
                    switch (what)
                    {
                        case 0:
                            clock.Advance(TimeSpan.FromMilliseconds(which));
                            break;
                        case 1:
                            clock.Jump(TimeSpan.FromHours((which % 49) - 24));
                            break;
                        default:
                            slots.AddRange(Enumerable.Range(0, which % 20).Select(_ => clock.Measured + budget.Reserve()));
                            break;
                    }
                }

                Assert.Equal(slots.Order(), slots);
                Assert.All(slots.Zip(slots.Skip(10)), pair => Assert.True(pair.Second - pair.First >= TimeSpan.FromSeconds(1)));
            },
            iter: 10_000);

    [Fact]
    public void Five_hundred_sessions_do_not_connect_in_a_burst_when_the_wall_clock_jumps_and_a_sweep_looks_at_all_of_them() =>
        Gen.Select(Gen.Int[1, 400], Gen.Int[-24, 24]).Array[0, 4].Sample(
            jumps =>
            {
                var clock = new JumpingClock();
                var budget = new ConnectBudget(Interval, clock);
                var sessions = Enumerable.Range(0, 500).Select(_ => Sessions.Named("pending")).ToArray();
                var connects = new List<TimeSpan>();
                for (var step = 0; step < 3000 && connects.Count < sessions.Length; step++)
                {
                    clock.Jump(TimeSpan.FromHours(jumps.Where(jump => jump.Item1 == step).Sum(jump => jump.Item2)));
                    var now = clock.GetUtcNow();
                    for (var i = 0; i < sessions.Length; i++)
                    {
                        var next = sessions[i].Tick(now, 0.5);
                        next = next.State is SessionState.Pending ? next.Admit(now + budget.Reserve(), now).Tick(now, 0.5) : next;
                        if (next.State is SessionState.Connecting && sessions[i].State is not SessionState.Connecting)
                        {
                            connects.Add(clock.Measured);
                            next = next.Opened(now);
                        }

                        sessions[i] = next;
                    }

                    clock.Advance(Interval);
                }

                Assert.Equal(sessions.Length, connects.Count);
                Assert.All(connects.Zip(connects.Skip(10)), pair => Assert.True(pair.Second - pair.First >= TimeSpan.FromSeconds(1)));
            },
            iter: 50);

    [Fact]
    public void Asked_from_many_threads_each_gets_a_slot_of_its_own()
    {
        var budget = new ConnectBudget(Interval, new FakeTimeProvider(Start));
        var waits = new TimeSpan[1000];

        Parallel.For(0, waits.Length, i => waits[i] = budget.Reserve());

        Assert.Equal(Enumerable.Range(0, 1000).Select(i => Interval * i), waits.Order());
    }

    [Fact]
    public void An_interval_that_the_timer_cannot_express_is_rounded_up()
    {
        var clock = new JumpingClock { Frequency = 1000 };
        var budget = new ConnectBudget(TimeSpan.FromTicks(15_001), clock);
        budget.Reserve();

        Assert.Equal(TimeSpan.FromMilliseconds(2), budget.Reserve());
    }

    /// <summary>Measures time evenly while the wall clock jumps.</summary>
    private sealed class JumpingClock : TimeProvider
    {
        private DateTimeOffset _wall = Start;

        public long Frequency { get; init; } = 1_000_000_000;

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
