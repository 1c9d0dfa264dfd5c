using Loopwave.Testing;
using Loopwave.Testing.Api;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
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
        var trouble = new Trouble();
        trouble.Begin(numbers[0], cluster.Clock);
        cluster = await cluster.Restart(services => services.AddSingleton<IOutgoingGrainCallFilter>(trouble));
        await using var _ = cluster;

        // Nobody asks for them: the door they come in by is the reconciler's alone.
        await cluster.PassesUntil(() => Task.FromResult(numbers[1..].All(cluster.Engine.HasOpen)));
        await cluster.Passes(5);
        Assert.InRange(trouble.Tries.Count, 3, 15);
        Assert.False(cluster.Engine.HasOpen(numbers[0]));

        trouble.IsOver = true;
        var from = cluster.Clock.GetTimestamp();
        await cluster.PassesUntil(() => Task.FromResult(cluster.Engine.HasOpen(numbers[0])));
        // Long before a sweep, which would come after a minute; time here passes faster than the machine works.
        Assert.InRange(cluster.Clock.GetElapsedTime(from).TotalSeconds, 0, 15);
    }

    [Fact]
    public async Task A_number_that_is_given_up_for_now_is_tried_again_by_the_next_sweep()
    {
        var trouble = new Trouble();
        var log = new LogLines();
        var cluster = await LoopwaveCluster.Start(new ClusterSetup { Sweeps = trouble.Sweeps });
        var number = await cluster.ReadyNumber();
        trouble.Begin(number, cluster.Clock);
        cluster = await cluster.Restart(services => services.AddSingleton<IOutgoingGrainCallFilter>(trouble).AddSingleton<ILoggerProvider>(log));
        await using var _ = cluster;
        await cluster.PassesUntil(
            () => Task.FromResult(log.Lines.Any(line => line.Contains($"{number} could not be looked after", StringComparison.Ordinal))), step: 1);
        using (var measured = new Measurements(cluster.Services))
        {
            Assert.Equal(("engine=whatsapp", 1), measured.Observe("loopwave_numbers_not_taken_total").Single(one => one.Value > 0));
        }

        trouble.IsOver = true;
        var before = trouble.Tries;
        Assert.True(before.Count > 1, "It was given up without being tried again.");

        await cluster.PassesUntil(() => Task.FromResult(trouble.Tries.Count > before.Count), step: 1);

        // How much time passes until a sweep begins, and from there to what it tries, depends on the machine. Which one tries does not.
        var (last, next) = (before[^1], trouble.Tries[before.Count]);
        Assert.Equal(last.Sweep + 1, next.Sweep);
        Assert.True(next.Began - last.Began >= new NumberOptions().SweepPeriod / 2, $"A sweep began at {last.Began}, the next one at {next.Began}.");
        await cluster.PassesUntil(() => Task.FromResult(cluster.Engine.HasOpen(number)));
    }

    [Fact]
    public async Task What_fails_late_in_a_long_sweep_is_tried_again_by_that_sweep()
    {
        var trouble = new Trouble { FirstTakes = SiloLease.TimeToLive * 2, IsOver = true };
        var cluster = await LoopwaveCluster.Start(new ClusterSetup { Sweeps = trouble.Sweeps });
        var number = await cluster.ReadyNumber();
        trouble.Begin(number, cluster.Clock);
        cluster = await cluster.Restart(services => services.AddSingleton<IOutgoingGrainCallFilter>(trouble));
        await using var _ = cluster;

        await cluster.PassesUntil(() => Task.FromResult(cluster.Engine.HasOpen(number)), step: 1);

        Assert.Equal(trouble.Tries[0].Sweep, trouble.Tries[1].Sweep);
    }

    /// <summary>
    /// One number cannot be reached by whoever looks after it, until it is over. Keeps when that was tried, and in which sweep of
    /// the number's shard.
    /// </summary>
    private sealed class Trouble : IOutgoingGrainCallFilter
    {
        private readonly Lock _lock = new();
        private readonly List<Try> _tries = [];
        private (string Number, NumberRange Shard, TimeProvider Clock)? _of;
        private int _sweeps;
        private DateTimeOffset _began;

        public bool IsOver { get; set; }

        /// <summary>How long the first try takes, before it fails in any case.</summary>
        public TimeSpan? FirstTakes { get; init; }

        public IReadOnlyList<Try> Tries
        {
            get
            {
                lock (_lock)
                {
                    return [.. _tries];
                }
            }
        }

        public void Begin(string number, TimeProvider clock) =>
            _of = (number, NumberRange.OfShard(NewId.Alphabet.IndexOf(number[1], StringComparison.Ordinal)), clock);

        /// <summary>A sweep of a shard begins.</summary>
        public void Sweeps(NumberRange shard)
        {
            if (_of is { } of && shard == of.Shard)
            {
                lock (_lock)
                {
                    (_sweeps, _began) = (_sweeps + 1, of.Clock.GetUtcNow());
                }
            }
        }

        public async Task Invoke(IOutgoingGrainCallContext call)
        {
            if (call.MethodName is nameof(INumberGrain.Ensure) && _of is { } of && call.TargetId.Key.ToString() == of.Number)
            {
                var isFirst = Note();
                if (isFirst && FirstTakes is { } takes)
                {
                    await Task.Delay(takes, of.Clock);
                }

                if (!IsOver || (isFirst && FirstTakes is not null))
                {
                    throw new InvalidOperationException("It cannot be looked after, says the test.");
                }
            }

            await call.Invoke();
        }

        private bool Note()
        {
            lock (_lock)
            {
                _tries.Add(new Try(_sweeps, _began));
                return _tries.Count == 1;
            }
        }
    }

    /// <summary>Somebody tried to look after the number.</summary>
    /// <param name="Sweep">How many sweeps of its shard had begun until then.</param>
    /// <param name="Began">When the last of them did.</param>
    private sealed record Try(int Sweep, DateTimeOffset Began);
}
