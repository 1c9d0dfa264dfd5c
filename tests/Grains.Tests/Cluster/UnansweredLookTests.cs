using Loopwave.Deployment;
using Loopwave.Numbers;
using Loopwave.Testing;
using Loopwave.Testing.Api;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Loopwave.Cluster;

/// <summary>A silo that drains and cannot ask how the others are, or tell them, for reasons that nobody foresaw, or hears nothing of them.</summary>
public sealed class UnansweredLookTests : SeveralSilos
{
    private readonly Faults _faults = new();
    private readonly LogLines _log = new();

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
        Assert.Single(_log.Lines, line => line.Contains("cannot ask how the others are", StringComparison.Ordinal));

        _faults.Looks = 0;
        await _cluster.LivesUntil(async () =>
        {
            await Answer();
            return drain.State is SiloState.Drained;
        });
        await AllReady(numbers);
        Assert.DoesNotContain(drained, _homes.Values);
    }

    [Fact]
    public async Task A_silo_that_stops_waits_for_the_next_report_of_those_that_it_does_not_hear_of()
    {
        var numbers = await ReadyNumbers();
        var stopped = await Deaf();

        var heardNothing = _faults.HeardNothing;
        var finish = stopped.Services.GetRequiredService<SiloDrain>().Finish(TestContext.Current.CancellationToken);
        await _cluster.LivesUntil(() => Task.FromResult(finish.IsCompleted || _faults.HeardNothing >= heardNothing + 3));
        Assert.False(finish.IsCompleted);
        _faults.Deaf = null;

        await Finished(stopped, finish);
        Assert.DoesNotContain(stopped, _homes.Values);
        await AllReady(numbers);
    }

    [Fact]
    public async Task A_silo_that_stops_and_hears_of_nobody_for_longer_than_reports_take_ends_with_its_numbers()
    {
        await ReadyNumbers();
        var stopped = await Deaf();
        var (here, began) = (stopped.Services.GetRequiredService<LocalNumbers>(), _cluster.Clock.GetTimestamp());
        var before = here.Count;

        var finish = stopped.Services.GetRequiredService<SiloDrain>().Finish(TestContext.Current.CancellationToken);
        await _cluster.LivesUntil(() => Task.FromResult(finish.IsCompleted));

        Assert.True(_cluster.Clock.GetElapsedTime(began) >= TimeSpan.FromSeconds(6));
        Assert.Equal(before, here.Count);
    }

    [Fact]
    public async Task A_silo_that_is_alone_ends_at_once_with_its_numbers_whatever_it_cannot_ask()
    {
        await using var alone = await LoopwaveCluster.Start(Configure);
        await alone.ReadyNumber();
        _faults.Looks = int.MaxValue;
        _faults.IsAway = true;

        // No time passes.
        await alone.Services.GetRequiredService<SiloDrain>().Finish(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.Equal(1, alone.Services.GetRequiredService<LocalNumbers>().Count);
    }

    private protected override void Configure(IServiceCollection services)
    {
        services.AddLogging(logging => logging.AddProvider(_log));
        var store = services.Last(service => service.ServiceType == typeof(ISiloStore)).ImplementationType!;
        services.AddSingleton<ISiloStore>(provider => new FaultyStore(
            (ISiloStore)ActivatorUtilities.CreateInstance(provider, store), _faults, provider.GetRequiredService<ILocalSiloDetails>()));
    }

    // One silo hears of none of the others any more, as after an outage of storage until they have reported anew.
    private async Task<TestSilo> Deaf()
    {
        var deaf = _cluster.Silos[1];
        var (choice, others) = (deaf.Services.GetRequiredService<SiloChoice>(), _cluster.Silos.Where(silo => silo != deaf).Select(silo => silo.Address));
        await _cluster.LivesUntil(() => Task.FromResult(choice.Reports.Count == _cluster.Silos.Count));
        _faults.Deaf = deaf.Address;
        await _cluster.LivesUntil(() => Task.FromResult(choice.Takes(others) is []));
        return deaf;
    }

    private Task Finish(TestSilo silo) =>
        Finished(silo, silo.Services.GetRequiredService<SiloDrain>().Finish(TestContext.Current.CancellationToken));

    private async Task Finished(TestSilo silo, Task finish)
    {
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

    /// <summary>How many of the next calls fail, and how many did; and who hears nothing of the others.</summary>
    private sealed class Faults
    {
        private readonly Lock _lock = new();
        private int _looks;
        private int _orders;
        private int _struck;
        private int _heardNothing;

        public SiloAddress? Deaf { get; set; }

        /// <summary>Storage is away for those who want to tell something.</summary>
        public bool IsAway { get; set; }

        public int HeardNothing => Volatile.Read(ref _heardNothing);

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

        public void Order()
        {
            if (IsAway)
            {
                throw new StorageUnavailableException("Away, says the test.");
            }

            Strike(ref _orders);
        }

        public IReadOnlyList<SiloReport> Heard(SiloAddress silo, IReadOnlyList<SiloReport> reports)
        {
            if (Deaf is null || !Deaf.Equals(silo))
            {
                return reports;
            }

            Interlocked.Increment(ref _heardNothing);
            return [.. reports.Where(report => report.Silo == silo.ToParsableString())];
        }

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

    private sealed class FaultyStore(ISiloStore store, Faults faults, ILocalSiloDetails self) : ISiloStore
    {
        public Task<bool> Report(SiloReport report, TimeSpan timeToLive) => store.Report(report, timeToLive);

        public async Task<IReadOnlyList<SiloReport>> Reports()
        {
            faults.Look();
            return faults.Heard(self.SiloAddress, await store.Reports());
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
