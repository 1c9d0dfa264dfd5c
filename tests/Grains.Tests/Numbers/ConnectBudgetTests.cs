using CsCheck;
using Loopwave.Numbers;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Loopwave.Grains.Tests.Numbers;

/// <summary>Who may connect when, whoever asks in whatever order and however late.</summary>
public sealed class ConnectBudgetTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly ConnectLine _line = new(Interval);

    [Fact]
    public void Five_hundred_numbers_at_once_are_told_ten_a_second_in_the_order_they_asked_and_get_in_when_they_were_told()
    {
        var told = Enumerable.Range(0, 500).Select(i => _line.Ask($"n{i}")).ToList();

        Assert.Equal(Enumerable.Range(0, 500).Select(i => Second + (Interval * i)), told);
        _line.RunUntilAllAreIn();
        Assert.Equal(Enumerable.Range(0, 500).Select(i => ($"n{i}", Second + (Interval * i))), _line.Connects);
    }

    [Fact]
    public void Whoever_asks_before_its_turn_is_told_the_same_time_again()
    {
        _line.Ask("first");
        _line.Ask("second");
        _line.Advance(Second / 2);

        Assert.Equal(Second / 2, _line.Ask("first"));
        Assert.Equal((Second / 2) + Interval, _line.Ask("second"));
    }

    [Fact]
    public void What_was_not_used_is_not_saved_up()
    {
        _line.Advance(TimeSpan.FromHours(1));

        Assert.Equal([TimeSpan.Zero, Interval, Interval * 2], [_line.Ask("a"), _line.Ask("b"), _line.Ask("c")]);
    }

    [Fact]
    public void A_new_budget_lets_nobody_in_for_a_second_because_it_does_not_know_whom_the_one_before_let_in() =>
        Assert.Equal(Second, _line.Ask("a"));

    [Fact]
    public void Without_an_interval_nobody_waits()
    {
        var budget = new ConnectBudget(TimeSpan.Zero, new FakeTimeProvider());

        Assert.All(Enumerable.Range(0, 100), i => Assert.Equal(TimeSpan.Zero, budget.Reserve($"n{i}", urgent: false)));
    }

    [Fact]
    public void Of_an_interval_above_a_second_there_is_one_connect_each()
    {
        var line = new ConnectLine(TimeSpan.FromSeconds(30));
        foreach (var i in Enumerable.Range(0, 10))
        {
            line.Ask($"n{i}");
        }

        line.RunUntilAllAreIn();

        Assert.Equal(Enumerable.Range(1, 10).Select(i => TimeSpan.FromSeconds(30 * i)), line.Connects.Select(connect => connect.At));
    }

    [Fact]
    public void An_interval_that_does_not_fit_a_second_evenly_leaves_the_rest_of_the_second_unused()
    {
        var line = new ConnectLine(TimeSpan.FromMilliseconds(300));
        foreach (var i in Enumerable.Range(0, 30))
        {
            line.Ask($"n{i}");
        }

        line.RunUntilAllAreIn();

        line.AssertWithinBudget();
        Assert.InRange(line.Connects[^1].At, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(11));
    }

    [Fact]
    public void An_interval_that_the_timer_cannot_express_is_rounded_up()
    {
        var line = new ConnectLine(TimeSpan.FromTicks(15_001)) { Frequency = 1000 };
        line.Advance(Second);
        line.Ask("a");

        Assert.Equal(TimeSpan.FromMilliseconds(2), line.Ask("b"));
    }

    [Fact]
    public void Whoever_does_not_come_for_its_turn_loses_it_and_holds_nobody_up()
    {
        _line.Ask("gone");
        _line.Ask("there");
        _line.Advance(Second + Interval);

        Assert.Equal(TimeSpan.Zero, _line.Ask("there"));
        _line.Advance(ConnectBudget.Patience);
        foreach (var i in Enumerable.Range(0, 3))
        {
            _line.Ask($"n{i}");
        }

        Assert.Equal(Interval * 3, _line.Ask("gone"));
    }

    [Fact]
    public void Whoever_comes_a_little_late_still_gets_in()
    {
        _line.Ask("late");
        _line.Advance(Second + ConnectBudget.Patience);

        Assert.Equal(TimeSpan.Zero, _line.Ask("late"));
    }

    [Fact]
    public void Urgent_ones_come_first_and_every_fourth_is_one_of_the_others()
    {
        foreach (var i in Enumerable.Range(0, 20))
        {
            _line.Ask($"n{i}");
        }

        foreach (var i in Enumerable.Range(0, 20))
        {
            _line.Ask($"u{i}", urgent: true);
        }

        _line.RunUntilAllAreIn();

        var order = _line.Connects.Select(connect => connect.Number).ToList();
        Assert.Equal(["u0", "u1", "u2", "n0", "u3", "u4", "u5", "n1"], order[..8]);
        Assert.Equal([.. Enumerable.Range(0, 20).Select(i => $"u{i}")], order.Where(number => number[0] == 'u'));
        Assert.Equal([.. Enumerable.Range(0, 20).Select(i => $"n{i}")], order.Where(number => number[0] == 'n'));
        Assert.Equal(Second + (Interval * 39), _line.Connects[^1].At);
    }

    [Fact]
    public void Urgent_ones_that_never_end_do_not_starve_the_others()
    {
        _line.Ask("patient");
        for (var i = 0; i < 100 && _line.Connects.All(connect => connect.Number is not "patient"); i++)
        {
            _line.Ask($"u{i}", urgent: true);
            _line.Run(Interval);
        }

        Assert.InRange(_line.Connects.Single(connect => connect.Number is "patient").At, Second, Second * 2);
    }

    [Fact]
    public void Whoever_becomes_urgent_in_line_overtakes_the_others()
    {
        foreach (var i in Enumerable.Range(0, 100))
        {
            _line.Ask($"n{i}");
        }

        Assert.Equal(Second, _line.Ask("n90", urgent: true));
        _line.RunUntilAllAreIn();
        Assert.Equal("n90", _line.Connects[0].Number);
        Assert.Equal(Second + (Interval * 99), _line.Connects[^1].At);
    }

    [Fact]
    public void Timers_that_are_late_cost_little_of_the_budget_and_never_exceed_it()
    {
        var line = new ConnectLine(Interval) { Late = random => TimeSpan.FromMilliseconds(random * 40) };
        foreach (var i in Enumerable.Range(0, 500))
        {
            line.Ask($"n{i}");
        }

        line.RunUntilAllAreIn();

        line.AssertWithinBudget();
        Assert.InRange(line.Connects[^1].At, TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(56));
    }

    [Fact]
    public void Five_hundred_who_all_come_late_at_once_get_in_within_the_budget()
    {
        foreach (var i in Enumerable.Range(0, 500))
        {
            _line.Ask($"n{i}");
        }

        _line.Advance(TimeSpan.FromSeconds(60));
        _line.RunUntilAllAreIn();

        _line.AssertWithinBudget();
        Assert.InRange(_line.Connects[^1].At, TimeSpan.FromSeconds(110 - 1), TimeSpan.FromSeconds(60 + 55));
    }

    [Fact]
    public void A_budget_that_dies_in_the_middle_of_a_storm_never_leads_to_more_connects_than_it_allows()
    {
        foreach (var i in Enumerable.Range(0, 500))
        {
            _line.Ask($"n{i}");
        }

        for (var death = 0; death < 10; death++)
        {
            _line.Run(TimeSpan.FromSeconds(2.37));
            _line.Die();
        }

        _line.RunUntilAllAreIn();

        _line.AssertWithinBudget();
        Assert.InRange(_line.Connects[^1].At, TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(75));
    }

    [Fact]
    public void Whatever_happens_no_second_sees_more_connects_than_the_budget_allows_and_whoever_keeps_asking_gets_in() =>
        Gen.Select(Gen.OneOf([.. new[] { 7, 40, 100, 300, 1000, 2500 }.Select(Gen.Const)]), Gen.Select(Gen.Int[0, 7], Gen.Int[0, 3000]).Array[1, 60]).Sample(
            (milliseconds, steps) =>
            {
                var line = new ConnectLine(TimeSpan.FromMilliseconds(milliseconds)) { Late = random => TimeSpan.FromMilliseconds(random * 30) };
                foreach (var (what, which) in steps)
                {
                    switch (what)
                    {
                        case 0 or 1:
                            line.Run(TimeSpan.FromMilliseconds(which));
                            break;
                        case 2:
                            // Everybody is kept from asking.
                            line.Advance(TimeSpan.FromMilliseconds(which * 5));
                            break;
                        case 3:
                            line.Jump(TimeSpan.FromHours((which % 49) - 24));
                            break;
                        case 4:
                            line.Leave($"n{which % 50}");
                            break;
                        case 5:
                            line.Ask($"n{which % 50}", urgent: which % 3 == 0);
                            break;
                        case 6 when which % 5 == 0:
                            line.Die();
                            break;
                        default:
                            foreach (var i in Enumerable.Range(0, which % 20))
                            {
                                line.Ask($"n{(which + i) % 50}", urgent: i % 4 == 0);
                            }

                            break;
                    }
                }

                line.RunUntilAllAreIn();
                line.AssertWithinBudget();
            },
            iter: 10_000);

    [Fact]
    public void Five_hundred_sessions_do_not_connect_in_a_burst_when_the_wall_clock_jumps_and_a_sweep_looks_at_all_of_them() =>
        Gen.Select(Gen.Int[1, 400], Gen.Int[-24, 24]).Array[0, 4].Sample(
            jumps =>
            {
                var line = new ConnectLine(Interval);
                var sessions = Enumerable.Range(0, 500).Select(_ => Sessions.Named("pending")).ToArray();
                for (var step = 0; step < 3000 && line.Connects.Count < sessions.Length; step++)
                {
                    line.Jump(TimeSpan.FromHours(jumps.Where(jump => jump.Item1 == step).Sum(jump => jump.Item2)));
                    var now = line.Wall;
                    for (var i = 0; i < sessions.Length; i++)
                    {
                        var next = sessions[i].Tick(now, 0.5);
                        next = next.State is SessionState.Pending ? next.Admit(now + line.Ask($"n{i}"), now) : next;
                        sessions[i] = next.State is SessionState.Connecting ? next.Opened(now) : next;
                    }

                    line.Advance(Interval);
                }

                Assert.Equal(sessions.Length, line.Connects.Count);
                line.AssertWithinBudget();
            },
            iter: 50);
}
