using Loopwave.Testing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Loopwave.Numbers;

/// <summary>After a start everything that is wanted comes back by itself, and one number's troubles are its own.</summary>
public sealed class ReconcilerTests
{
    [Fact]
    public async Task A_number_that_cannot_be_looked_after_keeps_no_other_down_and_is_tried_again_each_second()
    {
        var cluster = await LoopwaveCluster.Start();
        List<string> numbers = [await cluster.ReadyNumber(Any.Phone()), await cluster.ReadyNumber(Any.Phone()), await cluster.ReadyNumber(Any.Phone())];
        var trouble = new Trouble(numbers[0]);
        cluster = await cluster.Restart(services => services.AddSingleton<IOutgoingGrainCallFilter>(trouble));
        await using var _ = cluster;

        // Nobody asks for them: the door they come in by is the reconciler's alone.
        await cluster.PassesUntil(() => Task.FromResult(numbers[1..].All(cluster.Engine.HasOpen)));
        await cluster.Passes(5);
        Assert.InRange(trouble.Times, 3, 15);
        Assert.False(cluster.Engine.HasOpen(numbers[0]));

        trouble.IsOver = true;
        var from = cluster.Clock.GetTimestamp();
        await cluster.PassesUntil(() => Task.FromResult(cluster.Engine.HasOpen(numbers[0])));
        Assert.InRange(cluster.Clock.GetElapsedTime(from).TotalSeconds, 0, 3);
    }

    [Fact]
    public async Task A_number_that_is_given_up_for_now_is_tried_again_by_the_next_sweep()
    {
        var cluster = await LoopwaveCluster.Start();
        var number = await cluster.ReadyNumber();
        var trouble = new Trouble(number);
        cluster = await cluster.Restart(services => services.AddSingleton<IOutgoingGrainCallFilter>(trouble));
        await using var _ = cluster;
        // As long as a lease could have been in the way, and the next sweep is half a period after this one at the soonest.
        await cluster.PassesUntil(() => Task.FromResult(trouble.Times > 10));
        await cluster.Passes(7);
        var times = trouble.Times;
        await cluster.Passes(4);
        Assert.Equal(times, trouble.Times);

        trouble.IsOver = true;
        var from = cluster.Clock.GetTimestamp();
        await cluster.PassesUntil(() => Task.FromResult(cluster.Engine.HasOpen(number)));
        Assert.InRange(cluster.Clock.GetElapsedTime(from).TotalSeconds, 2, 65);
    }

    /// <summary>One number cannot be reached by whoever looks after it, until it is over.</summary>
    private sealed class Trouble(string number) : IOutgoingGrainCallFilter
    {
        private int _times;

        public bool IsOver { get; set; }

        public int Times => _times;

        public Task Invoke(IOutgoingGrainCallContext call)
        {
            if (!IsOver && call.MethodName is nameof(INumberGrain.Ensure) && call.TargetId.Key.ToString() == number)
            {
                Interlocked.Increment(ref _times);
                throw new InvalidOperationException("It cannot be looked after, says the test.");
            }

            return call.Invoke();
        }
    }
}
