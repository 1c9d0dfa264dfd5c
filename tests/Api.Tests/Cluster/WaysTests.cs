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
        _ways.Look();
        _ways.Look();

        Assert.Equal([0, 1, 2, 3], Used());
    }

    [Fact]
    public void A_way_without_an_answer_until_the_next_look_is_left_for_good_and_another_one_taken()
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
    public void With_no_open_way_requests_go_on_and_new_ways_are_tried()
    {
        for (var key = 0; key < 12; key++)
        {
            _answers[key] = Task.FromResult(false);
        }

        _ways.Look();
        Assert.Equal([0, 1, 2, 3], Used());
        _ways.Look();
        Assert.Equal([4, 5, 6, 7], Used());
        _ways.Look();
        _ways.Look();
        Assert.Equal([12, 13, 14, 15], Used());
    }

    [Fact]
    public void A_cluster_that_stays_away_does_not_make_ever_new_grains()
    {
        for (var key = 0; key < 1_000; key++)
        {
            _answers[key] = Task.FromResult(false);
        }

        for (var look = 0; look < 100; look++)
        {
            _ways.Look();
            Assert.All(Used(), key => Assert.InRange(key, 0, 255));
        }
    }

    private List<long> Used() => [.. Enumerable.Range(0, 3 * WaysTo.Count).Select(_ => _ways.Next()).Distinct().Order()];

    private sealed class FakeWay(Func<Task<bool>> answer) : IWay
    {
        public Task<bool> IsOpen() => answer();
    }
}
