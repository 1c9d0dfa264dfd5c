using Loopwave.Chaos.Load;
using Xunit;

namespace Loopwave.Chaos;

/// <summary>No answer is right only from a node that was away, and a refused connection besides from one that is being stopped.</summary>
public sealed class ApiNodesTests
{
    private readonly SkippingClock _clock = new();
    private readonly ApiNodes _nodes;

    public ApiNodesTests()
    {
        _nodes = new FakeApi(_clock, nodes: 2, (_, _) => throw new HttpRequestException()).Nodes;
        _clock.Skip(TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_node_that_is_there_answers(bool isRefused) => Assert.False(_nodes.MayNotAnswer(0, _clock.GetTimestamp(), isRefused));

    [Theory]
    [InlineData(true, true, true)]
    [InlineData(true, false, false)]
    [InlineData(false, true, true)]
    [InlineData(false, false, true)]
    public void A_node_that_is_stopped_may_refuse_and_one_that_is_killed_may_say_nothing(bool answers, bool isRefused, bool may)
    {
        _nodes.Goes(0, answers);

        Assert.Equal(may, _nodes.MayNotAnswer(0, _clock.GetTimestamp(), isRefused));
        Assert.False(_nodes.MayNotAnswer(1, _clock.GetTimestamp(), isRefused));
    }

    [Fact]
    public void What_was_asked_for_after_a_node_came_back_is_answered()
    {
        _nodes.Goes(0, answers: false);
        var meanwhile = _clock.GetTimestamp();
        _clock.Skip(TimeSpan.FromSeconds(3));
        _nodes.IsBack(0);
        _clock.Skip(TimeSpan.FromSeconds(1));

        Assert.True(_nodes.MayNotAnswer(0, meanwhile, isRefused: false));
        Assert.False(_nodes.MayNotAnswer(0, _clock.GetTimestamp(), isRefused: true));
    }
}
