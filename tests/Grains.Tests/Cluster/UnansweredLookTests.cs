using Loopwave.Numbers;
using Loopwave.Testing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Loopwave.Cluster;

/// <summary>A silo that drains and cannot ask how the others are, or tell them, for reasons that nobody foresaw.</summary>
public sealed class UnansweredLookTests : SeveralSilos
{
    private readonly Faults _faults = new();

    [Fact]
    public async Task A_silo_that_stops_hands_its_numbers_over_although_it_cannot_tell_the_others()
    {
        var numbers = await ReadyNumbers();
        var stopped = _cluster.Silos[1];
        _faults.Orders = int.MaxValue;

        await Finish(stopped);

        Assert.Equal(1, _faults.Struck);
        Assert.DoesNotContain(stopped, _homes.Values);
        await AllReady(numbers);
    }

    [Fact]
    public async Task A_silo_that_stops_asks_again_when_it_could_not_learn_who_takes_numbers()
    {
        var numbers = await ReadyNumbers();
        var (stopped, again, drained) = (_cluster.Silos[0], _cluster.Silos[1], _cluster.Silos[2]);
        var choice = stopped.Services.GetRequiredService<SiloChoice>();
        foreach (var silo in new[] { again, drained })
        {
            await Order(silo, drain: true);
            await _cluster.LivesUntil(async () =>
            {
                await Answer();
                return numbers.All(number => _homes[number] != silo) && choice.Takes([silo.Address]) is [];
            });
            await AllReady(numbers);
        }

        _faults.Looks = 3;
        await Order(again, drain: false);
        await Finish(stopped);

        Assert.Equal(3, _faults.Struck);
        Assert.All(numbers, number => Assert.Equal(again, _homes[number]));
        await AllReady(numbers);
    }

    [Fact]
    public async Task A_drain_that_an_operator_wants_waits_until_it_can_look_and_then_hands_over()
    {
        var numbers = await ReadyNumbers();
        var drained = _cluster.Silos[1];
        var (drain, here) = (drained.Services.GetRequiredService<SiloDrain>(), drained.Services.GetRequiredService<LocalNumbers>());
        var before = here.Count;
        _faults.Looks = int.MaxValue;
        await Order(drained, drain: true);
        drain.IsWanted(true);

        // It looks twice a second, each silo by itself once in five.
        await _cluster.LivesUntil(() => Task.FromResult(_faults.Struck >= 10));
        Assert.Equal(SiloState.Draining, drain.State);
        Assert.Equal(before, here.Count);

        _faults.Looks = 0;
        await _cluster.LivesUntil(async () =>
        {
            await Answer();
            return drain.State is SiloState.Drained;
        });
        await AllReady(numbers);
        Assert.DoesNotContain(drained, _homes.Values);
    }

    private protected override void Configure(IServiceCollection services)
    {
        var store = services.Last(service => service.ServiceType == typeof(ISiloStore)).ImplementationType!;
        services.AddSingleton<ISiloStore>(provider => new FaultyStore((ISiloStore)ActivatorUtilities.CreateInstance(provider, store), _faults));
    }

    private async Task Finish(TestSilo silo)
    {
        var finish = silo.Services.GetRequiredService<SiloDrain>().Finish(TestContext.Current.CancellationToken);
        await _cluster.LivesUntil(async () =>
        {
            await Answer();
            return finish.IsCompleted;
        });
        await finish;
        Assert.Equal(0, silo.Services.GetRequiredService<LocalNumbers>().Count);
    }

    private static Task<bool> Order(TestSilo silo, bool drain) =>
        silo.Services.GetRequiredService<ISiloStore>().Drain(silo.Address.ToParsableString(), drain);

    /// <summary>How many of the next calls fail, and how many did.</summary>
    private sealed class Faults
    {
        private readonly Lock _lock = new();
        private int _looks;
        private int _orders;
        private int _struck;

        public int Looks
        {
            set => Set(ref _looks, value);
        }

        public int Orders
        {
            set => Set(ref _orders, value);
        }

        public int Struck
        {
            get
            {
                lock (_lock)
                {
                    return _struck;
                }
            }
        }

        public void Look() => Strike(ref _looks);

        public void Order() => Strike(ref _orders);

        private void Set(ref int left, int value)
        {
            lock (_lock)
            {
                left = value;
            }
        }

        private void Strike(ref int left)
        {
            lock (_lock)
            {
                if (left > 0)
                {
                    (left, _struck) = (left - 1, _struck + 1);
                    throw new InvalidOperationException("What nobody foresaw.");
                }
            }
        }
    }

    private sealed class FaultyStore(ISiloStore store, Faults faults) : ISiloStore
    {
        public Task<bool> Report(SiloReport report, TimeSpan timeToLive) => store.Report(report, timeToLive);

        public Task<IReadOnlyList<SiloReport>> Reports()
        {
            faults.Look();
            return store.Reports();
        }

        public Task<bool> Drain(string silo, bool drain)
        {
            faults.Order();
            return store.Drain(silo, drain);
        }

        public Task Forget(string silo) => store.Forget(silo);

        public Task<OutboxView> Outbox() => store.Outbox();
    }
}
