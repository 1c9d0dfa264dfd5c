using System.Collections.Concurrent;
using Loopwave.Engines;
using Loopwave.Numbers;
using Loopwave.Testing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Loopwave.Cluster;

/// <summary>Numbers that go from one silo to another because somebody wants it.</summary>
public sealed class DrainTests : SeveralSilos
{
    private readonly ConcurrentQueue<string> _twice = [];

    private IClusterGrain Cluster => _cluster.Grains.GetGrain<IClusterGrain>(0);

    [Fact]
    public async Task A_drained_silo_hands_all_its_numbers_over_and_takes_none_until_it_may_again()
    {
        var numbers = await ReadyNumbers();
        WatchForTwoConnections();
        var (drained, before) = (_cluster.Silos[1], await Epochs(numbers));
        var own = numbers.Where(number => _homes[number] == drained).ToList();
        Assert.NotEmpty(own);

        Assert.Equal(SiloState.Draining, (await Cluster.Drain(Id(drained), drain: true)).Value!.State);

        await _cluster.LivesUntil(async () =>
        {
            await Answer();
            return await State(drained) is SiloState.Drained;
        });
        await AllReady(numbers);
        Assert.DoesNotContain(drained, _homes.Values);
        Assert.Empty(_twice);
        var after = await Epochs(numbers);
        Assert.All(own, number => Assert.Equal(before[number] + 1, after[number]));
        Assert.All(numbers.Except(own), number => Assert.Equal(before[number], after[number]));
        await _cluster.LivesUntil(async () => (await Cluster.Get()).Silos.Where(silo => silo.Id != Id(drained)).Sum(silo => silo.Numbers[NumberStatus.Ready]) == numbers.Count);
        await _cluster.LivesUntil(() => Task.FromResult(_cluster.Silos.All(silo => silo.Services.GetRequiredService<SiloChoice>().Takes([drained.Address]) is [])));
        for (var i = 0; i < 10; i++)
        {
            Assert.NotEqual(drained.Address, await HomeOfNew());
        }

        await Cluster.Drain(Id(drained), drain: false);
        await _cluster.LivesUntil(async () => await State(drained) is SiloState.Active && await HomeOfNew() is { } home && home.Equals(drained.Address));
    }

    [Fact]
    public async Task A_silo_that_stops_has_handed_its_numbers_over_before()
    {
        var numbers = await ReadyNumbers();
        WatchForTwoConnections();
        var stopped = _cluster.Silos[2];

        var drain = stopped.Services.GetRequiredService<SiloDrain>();
        var finish = drain.Finish(TestContext.Current.CancellationToken);

        // What the silo hears with its next report was said before.
        drain.IsWanted(false);
        Assert.NotEqual(SiloState.Active, drain.State);

        await _cluster.LivesUntil(async () =>
        {
            await Answer();
            return finish.IsCompleted;
        });
        await finish;
        Assert.Equal(0, stopped.Services.GetRequiredService<LocalNumbers>().Count);
        await AllReady(numbers);
        Assert.Empty(_twice);

        await _cluster.LivesUntil(async () => await State(stopped) is SiloState.Drained);
        Assert.Equal(RefusalCode.Conflict, (await Cluster.Drain(Id(stopped), drain: false)).Refusal!.Code);
    }

    [Fact]
    public async Task A_silo_that_stops_hands_its_numbers_to_one_that_may_take_some_again_since_a_moment()
    {
        var numbers = await ReadyNumbers();
        var (stopped, again, drained) = (_cluster.Silos[0], _cluster.Silos[1], _cluster.Silos[2]);
        foreach (var silo in new[] { again, drained })
        {
            await Cluster.Drain(Id(silo), drain: true);
            await _cluster.LivesUntil(async () =>
            {
                await Answer();
                return numbers.All(number => _homes[number] != silo) && stopped.Services.GetRequiredService<SiloChoice>().Takes([silo.Address]) is [];
            });
            await AllReady(numbers);
        }

        WatchForTwoConnections();
        var before = await Epochs(numbers);
        await Cluster.Drain(Id(again), drain: false);
        var finish = stopped.Services.GetRequiredService<SiloDrain>().Finish(TestContext.Current.CancellationToken);

        await _cluster.LivesUntil(async () =>
        {
            await Answer();
            return finish.IsCompleted;
        });
        await finish;

        // Some may still be connecting there: the silo waits for each for some seconds, and not for ever.
        await _cluster.LivesUntil(async () =>
        {
            await Answer();
            return numbers.All(number => _homes[number] == again);
        });
        await AllReady(numbers);
        var after = await Epochs(numbers);
        Assert.All(numbers, number => Assert.Equal(before[number] + 1, after[number]));
        Assert.Empty(_twice);
    }

    [Fact]
    public async Task A_moved_number_goes_on_where_it_is_wanted_and_what_is_asked_of_it_meanwhile_is_done_there()
    {
        var numbers = await ReadyNumbers();
        WatchForTwoConnections();
        var number = numbers.First(number => _homes[number] == _cluster.Silos[0]);
        var target = _cluster.Silos[2];

        var moved = Cluster.Move(number, Id(target));
        var sent = _cluster.Messages.Send(Any.Send("on the way", Any.Jid(), number) with { QueueWhenOffline = true });

        Assert.Equal(Id(target), (await moved).Value!.Silo);
        Assert.Null((await sent).Refusal);
        await _cluster.LivesUntil(async () =>
        {
            await Answer();
            return target.Engine.HasRelay(number);
        });
        Assert.Equal(target, _homes[number]);
        Assert.Equal(Id(target), (await Cluster.Find(number)).Value!.Silo);
        Assert.Empty(_twice);
    }

    [Fact]
    public async Task What_the_network_still_has_to_tell_when_a_number_goes_is_taken_before()
    {
        var number = (await ReadyNumbers())[0];
        var (home, target) = (_homes[number], _cluster.Silos.First(silo => silo != _homes[number]));
        var told = new TaskCompletionSource();
        home.Engine.Closing = async closing =>
        {
            await home.Engine.Raise(closing, new EngineEvent.CredentialsChanged([new CredentialEntry("creds", [8])]));
            await home.Engine.Raise(closing, new EngineEvent.CredentialsChanged([new CredentialEntry("creds", [9])]));
            told.TrySetResult();
        };

        await Cluster.Move(number, Id(target));

        await _cluster.LivesUntil(() => Task.FromResult(target.Engine.HasOpen(number)));
        Assert.Equal([9], (await target.Engine.NextOpen(number)).Credentials!.Single(entry => entry.Name == "creds").Value);
        Assert.True(told.Task.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task What_cannot_be_moved_or_drained_is_refused_with_the_reason()
    {
        var numbers = await ReadyNumbers();
        var number = numbers[0];
        Assert.Equal(RefusalCode.UnknownNumber, (await Cluster.Find("n0000000000")).Refusal!.Code);
        Assert.Equal(RefusalCode.UnknownNumber, (await Cluster.Move("n0000000000", null)).Refusal!.Code);
        Assert.Equal(RefusalCode.NotFound, (await Cluster.Move(number, "127.0.0.1:1@1")).Refusal!.Code);
        Assert.Equal(RefusalCode.NotFound, (await Cluster.Drain("127.0.0.1:1@1", drain: true)).Refusal!.Code);

        await Cluster.Drain(Id(_cluster.Silos[1]), drain: true);
        await Cluster.Drain(Id(_cluster.Silos[2]), drain: true);
        await _cluster.LivesUntil(async () =>
        {
            await Answer();
            return await State(_cluster.Silos[1]) is SiloState.Drained && await State(_cluster.Silos[2]) is SiloState.Drained;
        });

        await AllReady(numbers);
        Assert.Equal(RefusalCode.Conflict, (await Cluster.Drain(Id(_cluster.Silos[0]), drain: true)).Refusal!.Code);
        Assert.Equal(RefusalCode.Conflict, (await Cluster.Move(number, null)).Refusal!.Code);
        Assert.Equal(RefusalCode.Conflict, (await Cluster.Move(number, Id(_cluster.Silos[1]))).Refusal!.Code);
    }

    // I10: whoever opens a connection is the only one that has one.
    private void WatchForTwoConnections()
    {
        foreach (var silo in _cluster.Silos)
        {
            silo.Engine.Opening = open =>
            {
                if (_cluster.Silos.Any(other => other != silo && other.Engine.IsOpen(open.Number)))
                {
                    _twice.Enqueue(open.Number);
                }
            };
        }
    }

    private async Task<SiloAddress?> HomeOfNew()
    {
        var id = (await _cluster.Numbers.Create(new NewNumber("Another", EngineKind.WhatsApp, Access.All))).Value!.Id;
        await _cluster.Number(id).Get();
        return await _cluster.SiloOf(id);
    }

    private async Task<SiloState?> State(TestSilo silo) => (await Cluster.Get()).Silos.FirstOrDefault(view => view.Id == Id(silo))?.State;

    private static string Id(TestSilo silo) => silo.Address.ToParsableString();
}
