using Loopwave.Numbers;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Loopwave.Cluster;

/// <summary>Many numbers that go from one silo to others.</summary>
public sealed class MovesTests : SeveralSilos
{
    private readonly Away _away = new();

    [Fact]
    public async Task Of_many_numbers_that_move_only_a_few_are_between_two_silos_at_a_time()
    {
        var numbers = await ReadyNumbers();
        var drained = _homes.Values.CountBy(home => home).MaxBy(home => home.Value);
        Assert.True(drained.Value > 16, $"{drained.Value} numbers are too few to tell");

        await _cluster.Grains.GetGrain<IClusterGrain>(0).Drain(drained.Key.Address.ToParsableString(), drain: true);
        await _cluster.LivesUntil(async () =>
        {
            await Answer();
            return _homes.Values.All(home => home != drained.Key);
        });

        await AllReady(numbers);
        Assert.InRange(_away.Most, 1, 16);
    }

    [Fact]
    public async Task A_silo_whose_time_to_drain_is_over_waits_for_no_answer()
    {
        await ReadyNumbers();
        var stopped = _cluster.Silos[0];
        using var time = new CancellationTokenSource();
        _away.AnswersAfter = new TaskCompletionSource();
        try
        {
            var finish = stopped.Services.GetRequiredService<SiloDrain>().Finish(time.Token);
            await _cluster.LivesUntil(() => Task.FromResult(_away.Most > 0));

            await time.CancelAsync();

            await finish.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
            Assert.NotEqual(0, stopped.Services.GetRequiredService<LocalNumbers>().Count);
        }
        finally
        {
            _away.AnswersAfter.SetResult();
        }
    }

    private protected override void Configure(IServiceCollection services) => services.AddSingleton<IOutgoingGrainCallFilter>(_away);

    /// <summary>Counts the numbers that were told to leave and are not known to be connected again.</summary>
    private sealed class Away : IOutgoingGrainCallFilter
    {
        private readonly Lock _lock = new();
        private readonly HashSet<string> _numbers = [];

        public int Most { get; private set; }

        /// <summary>Numbers that are told to leave do not answer before.</summary>
        public TaskCompletionSource? AnswersAfter { get; set; }

        public async Task Invoke(IOutgoingGrainCallContext call)
        {
            var number = call.TargetId.Key.ToString()!;
            if (call.MethodName is nameof(INumberPlace.Leave))
            {
                lock (_lock)
                {
                    _numbers.Add(number);
                    Most = Math.Max(Most, _numbers.Count);
                }
            }

            if (call.MethodName is nameof(INumberPlace.Leave) && AnswersAfter is { } answers)
            {
                await answers.Task;
            }

            await call.Invoke();
            if (call.MethodName is nameof(INumberPlace.Arrive))
            {
                lock (_lock)
                {
                    _numbers.Remove(number);
                }
            }
        }
    }
}
