using System.Collections.Concurrent;
using Loopwave.Api.Cluster;
using Loopwave.Cluster;
using Xunit;

namespace Loopwave.Api.Tests.Cluster;

public sealed class WaysTests
{
    private readonly ConcurrentDictionary<long, Task<bool>> _answers = new();
    private readonly WaysTo _ways;

    public WaysTests() => _ways = new WaysTo(key => new FakeWay(() => _answers.GetOrAdd(key, Task.FromResult(true))));

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
        Look(59);
        Assert.Equal([0, 1, 2, 3], Used());
        _ways.Look();
        Assert.Equal([0, 2, 3, 4], Used());

        _answers[5] = new TaskCompletionSource<bool>().Task;
        Look(60);
        Assert.Equal([0, 2, 3, 4], Used());
        Look(120);
        Assert.Equal([2, 4, 6, 7], Used());
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
        }));

        for (var look = 0; look < 1_100; look++)
        {
            ways.Look();
        }

        Assert.All(asked, key => Assert.InRange(key, 0, 4095));
        Assert.Equal(4096, asked.Distinct().Count());
    }

    private void Look(int times)
    {
        for (var look = 0; look < times; look++)
        {
            _ways.Look();
        }
    }

    private List<long> Used() => [.. Enumerable.Range(0, 3 * WaysTo.Count).Select(_ => _ways.Next()).Distinct().Order()];

    private sealed class FakeWay(Func<Task<bool>> answer) : IWay
    {
        public Task<bool> IsOpen() => answer();
    }
}
