using System.Collections.Concurrent;
using Loopwave.Api.Cluster;
using Loopwave.Cluster;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Loopwave.Api.Tests.Cluster;

public sealed class WaysTests
{
    private readonly ConcurrentDictionary<long, Task<bool>> _answers = new();
    private readonly ConcurrentDictionary<long, string?> _silos = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly WaysTo _ways;

    public WaysTests() => _ways = new WaysTo(key => new FakeWay(() => _answers.GetOrAdd(key, Task.FromResult(true)), _silos.GetValueOrDefault(key, "A")), _clock);

    [Fact]
    public void Requests_go_by_all_ways_in_turn()
    {
        Assert.Equal([0, 1, 2, 3], Used());

        _ways.Look();
        _ways.Look();

        Assert.Equal([0, 1, 2, 3], Used());
    }

    [Fact]
    public void A_way_without_an_answer_until_the_next_look_is_left_for_another_one()
    {
        var answer = new TaskCompletionSource<bool>();
        _answers[1] = answer.Task;
        _ways.Look();
        Assert.Equal([0, 1, 2, 3], Used());

        _ways.Look();
        Assert.Equal([0, 2, 3, 4], Used());

        answer.SetResult(true);
        _ways.Look();
        Assert.Equal([0, 2, 3, 4], Used());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_way_that_leads_nowhere_is_not_taken_from_that_moment(bool fails)
    {
        _answers[2] = fails ? Task.FromException<bool>(new SiloUnavailableException()) : Task.FromResult(false);

        _ways.Look();
        Assert.Equal([0, 1, 3], Used());

        _ways.Look();
        Assert.Equal([0, 1, 3, 4], Used());
    }

    [Fact]
    public void Nothing_is_sent_over_a_new_way_before_it_has_answered()
    {
        var (old, first, second) = (new TaskCompletionSource<bool>(), new TaskCompletionSource<bool>(), new TaskCompletionSource<bool>());
        (_answers[1], _answers[4], _answers[5]) = (old.Task, first.Task, second.Task);
        _ways.Look();

        _ways.Look();
        Assert.Equal([0, 2, 3], Used());
        _ways.Look();
        Assert.Equal([0, 2, 3], Used());

        second.SetResult(true);
        Assert.Equal([0, 2, 3, 5], Used());
        first.SetResult(true);
        Assert.Equal([0, 2, 3, 5], Used());
    }

    [Fact]
    public void A_way_that_answered_late_is_taken_again_once_it_answers_in_time_and_no_other_has_its_place()
    {
        var (old, other) = (new TaskCompletionSource<bool>(), new TaskCompletionSource<bool>());
        (_answers[1], _answers[4]) = (old.Task, other.Task);
        _ways.Look();
        _ways.Look();
        old.SetResult(true);
        Assert.Equal([0, 2, 3], Used());

        for (var key = 5; key < 8; key++)
        {
            _answers[key] = other.Task;
        }

        _ways.Look();
        Assert.Equal([0, 1, 2, 3], Used());
        other.SetResult(true);
        Assert.Equal([0, 1, 2, 3], Used());
    }

    [Fact]
    public void Once_a_minute_an_open_way_gives_way_to_a_new_one_that_is_open()
    {
        // A new one is tried at each fifth look: the twelfth of them at the sixtieth.
        Look(59);
        Assert.Equal([0, 1, 2, 3], Used());
        _ways.Look();
        Assert.Equal([0, 2, 3, 15], Used());

        _answers[27] = new TaskCompletionSource<bool>().Task;
        Look(60);
        Assert.Equal([0, 2, 3, 15], Used());
        Look(120);
        Assert.Equal([2, 15, 39, 51], Used());
    }

    [Fact]
    public void When_all_are_late_requests_go_by_the_one_that_was_open_last()
    {
        var late = new TaskCompletionSource<bool>();
        (_answers[0], _answers[1], _answers[3]) = (late.Task, late.Task, late.Task);
        _ways.Look();
        for (var key = 4; key < 20; key++)
        {
            _answers[key] = late.Task;
        }

        _ways.Look();
        Assert.Equal([2], Used());

        _answers[2] = late.Task;
        _ways.Look();
        _ways.Look();
        Assert.Equal([2], Used());
    }

    [Fact]
    public void A_new_way_that_answers_late_is_better_than_old_ones_that_answer_nothing_any_more()
    {
        _ways.Look();
        var (never, late) = (new TaskCompletionSource<bool>(), new TaskCompletionSource<bool>());
        for (var key = 0; key < 20; key++)
        {
            _answers[key] = key == 5 ? late.Task : never.Task;
        }

        _ways.Look();
        _ways.Look();
        _ways.Look();
        late.SetResult(true);

        Assert.Equal([5], Used());
    }

    [Fact]
    public void With_no_open_way_requests_go_on_and_new_ways_are_tried()
    {
        for (var key = 0; key < 12; key++)
        {
            _answers[key] = Task.FromResult(false);
        }

        _ways.Look();
        Assert.NotEmpty(Used());
        _ways.Look();
        Assert.All(Used(), key => Assert.InRange(key, 0, 3));
        _ways.Look();
        _ways.Look();
        Assert.Equal([12, 13, 14, 15], Used());
    }

    [Fact]
    public void A_cluster_that_stays_away_does_not_make_ever_new_grains()
    {
        var asked = new ConcurrentBag<long>();
        var ways = new WaysTo(key => new FakeWay(() =>
        {
            asked.Add(key);
            return Task.FromResult(false);
        }), _clock);

        for (var look = 0; look < 1_100; look++)
        {
            ways.Look();
        }

        Assert.All(asked, key => Assert.InRange(key, 0, 4095));
        Assert.Equal(4096, asked.Distinct().Count());
    }

    [Fact]
    public async Task What_one_silo_does_not_reach_is_asked_of_the_others_once_each_until_one_does()
    {
        Over("A", "A", "B", "C");

        var (asked, answer) = await Ask(OutOfReach, "done");
        Assert.Equal((1, 2, "done"), (asked[0], asked[1], answer.Value));

        (asked, answer) = await Ask(OutOfReach, OutOfReach, "done");
        Assert.Equal([2, 0, 3], asked);
        Assert.Equal("done", answer.Value);
    }

    [Fact]
    public async Task What_no_silo_reaches_is_asked_of_each_once_and_then_refused()
    {
        Over("A", "A", "B", "A");

        var (asked, answer) = await Ask(OutOfReach);

        Assert.Equal([1, 2], asked);
        Assert.Equal(OutOfReach, answer.Refusal);
    }

    [Theory]
    [InlineData(RefusalCode.StorageUnavailable)]
    [InlineData(RefusalCode.NoReadySession)]
    public async Task Any_other_refusal_is_the_answer(RefusalCode code)
    {
        Over("A", "B", "C", "D");

        var (asked, answer) = await Ask(new Refusal(code, "Because."), "done");

        Assert.Single(asked);
        Assert.Equal(code, answer.Refusal!.Code);
    }

    [Fact]
    public async Task What_fails_may_have_been_carried_out_and_is_not_asked_again()
    {
        Over("A", "B", "C", "D");
        var asked = 0;

        await Assert.ThrowsAsync<TimeoutException>(() => _ways.Ask<string>(_ => asked++ == 0
            ? Task.FromResult<Outcome<string>>(OutOfReach)
            : throw new TimeoutException()));

        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task What_is_asked_by_a_way_that_answers_nothing_any_more_is_given_up_and_nothing_else()
    {
        Over("A", "B", "A", "B");
        var look = new TaskCompletionSource<bool>();
        _answers[1] = look.Task;
        var calls = new Dictionary<long, Task<Outcome<string>>>();
        for (var call = 0; call < WaysTo.Count; call++)
        {
            var never = _ways.Ask(key =>
            {
                calls[key] = null!;
                return new TaskCompletionSource<Outcome<string>>().Task;
            });
            calls[calls.Single(asked => asked.Value is null).Key] = never;
        }

        _ways.Look();
        Assert.DoesNotContain(calls.Values, call => call.IsCompleted);
        look.SetException(new TimeoutException());

        await Assert.ThrowsAsync<TimeoutException>(() => calls[1]).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.DoesNotContain(calls.Where(call => call.Key != 1), call => call.Value.IsCompleted);
    }

    [Fact]
    public async Task Where_no_other_way_is_open_either_an_answer_that_comes_late_is_waited_for()
    {
        Over("A", "A", "A", "A");
        var (late, look) = (new TaskCompletionSource<Outcome<string>>(), new TaskCompletionSource<bool>());
        for (var key = 0; key < 20; key++)
        {
            _answers[key] = look.Task;
        }

        var call = _ways.Ask(_ => late.Task);
        Look(3);
        look.SetException(new TimeoutException());
        late.SetResult("done");

        Assert.Equal("done", (await call).Value);
    }

    [Fact]
    public void A_node_that_stood_still_itself_and_hears_of_no_answer_in_time_gives_nothing_up()
    {
        Over("A", "B", "A", "B");
        var look = new TaskCompletionSource<bool>();
        for (var key = 0; key < WaysTo.Count; key++)
        {
            _answers[key] = look.Task;
        }

        var calls = Enumerable.Range(0, WaysTo.Count).Select(_ => _ways.Ask(_ => new TaskCompletionSource<Outcome<string>>().Task)).ToList();
        _ways.Look();
        look.SetException(new TimeoutException());

        Assert.DoesNotContain(calls, call => call.IsCompleted);
    }

    [Fact]
    public async Task A_call_over_a_silo_that_the_client_has_left_is_given_up_once_that_one_would_have_ended_in_good_order()
    {
        Over("A", "A", "A", "A");
        var call = _ways.Ask(_ => new TaskCompletionSource<Outcome<string>>().Task);
        Over("B", "B", "B", "B");
        var later = _ways.Ask(_ => new TaskCompletionSource<Outcome<string>>().Task);

        Look(20);
        _clock.Advance(TimeSpan.FromSeconds(24));
        await Settles();
        Assert.False(call.IsCompleted);

        _clock.Advance(TimeSpan.FromSeconds(7));
        await Assert.ThrowsAsync<TimeoutException>(() => call).WaitAsync(TimeSpan.FromSeconds(20));
        await Settles();
        Assert.False(later.IsCompleted);
    }

    [Fact]
    public async Task A_call_is_waited_for_while_it_is_not_known_that_the_client_has_left_its_silo()
    {
        (_silos[0], _silos[1], _silos[2], _silos[3]) = (null, null, null, null);
        _ways.Look();
        var first = _ways.Ask(_ => new TaskCompletionSource<Outcome<string>>().Task);
        Over("A", "A", "A", "A");
        var second = _ways.Ask(_ => new TaskCompletionSource<Outcome<string>>().Task);
        (_silos[0], _silos[1], _silos[2], _silos[3]) = (null, null, null, null);

        Look(20);
        _clock.Advance(TimeSpan.FromMinutes(1));
        await Settles();

        Assert.Equal((false, false), (first.IsCompleted, second.IsCompleted));
    }

    [Fact]
    public void Ways_that_all_lead_over_one_silo_soon_lead_over_one_that_joins()
    {
        _silos[5] = "B";
        Look(9);
        Assert.Equal([0, 1, 2, 3], Used());

        _ways.Look();

        Assert.Equal([0, 2, 3, 5], Used());
        Look(40);
        Assert.Equal([0, 2, 3, 5], Used());
    }

    [Fact]
    public async Task What_took_long_to_be_refused_is_not_asked_elsewhere()
    {
        Over("A", "B", "C", "D");
        var asked = 0;

        var answer = await _ways.Ask<string>(_ =>
        {
            asked++;
            _clock.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult<Outcome<string>>(OutOfReach);
        });

        Assert.Equal((2, OutOfReach), (asked, answer.Refusal));
    }

    [Fact]
    public async Task A_way_that_is_not_open_is_not_asked_in_the_place_of_another_one()
    {
        Over("A", "A", "B", "A");
        _answers[2] = Task.FromResult(false);
        _ways.Look();

        var (asked, _) = await Ask(OutOfReach);

        Assert.Single(asked);
    }

    [Fact]
    public async Task A_silo_of_an_older_release_is_open_without_saying_which_it_is_and_asked_as_another_one()
    {
        (_silos[0], _silos[1], _silos[2], _silos[3]) = ("A", "A", null, "A");
        _ways.Look();
        Assert.Equal([0, 1, 2, 3], Used());

        var (asked, answer) = await Ask(OutOfReach, "done");

        Assert.Equal([1, 2], asked);
        Assert.Equal("done", answer.Value);
    }

    [Fact]
    public void A_new_way_takes_no_place_over_a_silo_that_no_other_one_leads_over()
    {
        (_silos[0], _silos[1], _silos[2], _silos[3]) = ("A", "B", "A", "A");

        Look(60);
        Assert.Equal([0, 1, 2, 3], Used());

        _silos[27] = "B";
        Look(60);
        Assert.Equal([0, 1, 3, 27], Used());
    }

    // A refusal of a silo that does not reach the number: nothing was done.
    private static Refusal OutOfReach { get; } = new(RefusalCode.StorageUnavailable, "Not from here.", MayWorkElsewhere: true);

    private void Over(params string[] silos)
    {
        for (var key = 0; key < silos.Length; key++)
        {
            _silos[key] = silos[key];
        }

        _ways.Look();
    }

    private void Look(int times)
    {
        for (var look = 0; look < times; look++)
        {
            _ways.Look();
        }
    }

    // What is given up goes on beside whoever gave it up.
    private static async Task Settles()
    {
        for (var turn = 0; turn < 2000; turn++)
        {
            await Task.Yield();
        }
    }

    private List<long> Used() => [.. Enumerable.Range(0, 3 * WaysTo.Count).Select(_ => _ways.Next()).Distinct().Order()];

    // What the ways say, one after the other, and which ways were asked; the last answer is the one that the caller has.
    private async Task<(List<long> Asked, Outcome<string> Answer)> Ask(params Outcome<string>[] answers)
    {
        var asked = new List<long>();
        var answer = await _ways.Ask(key =>
        {
            asked.Add(key);
            return Task.FromResult(answers[Math.Min(asked.Count, answers.Length) - 1]);
        });
        return (asked, answer);
    }

    /// <param name="silo">Null for one of an older release, which says only whether it is open.</param>
    private sealed class FakeWay(Func<Task<bool>> answer, string? silo = "A") : IWay
    {
        public Task<bool> IsOpen() => answer();

        public async Task<WayView> Look() => silo is null ? throw new InvalidOperationException("What is that?") : new WayView(await answer(), silo);
    }
}
