using Loopwave.Cluster;
using Loopwave.Engines;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Loopwave.Numbers;

/// <summary>Several silos over one database: what becomes of numbers when one of them is gone, or is thought to be.</summary>
public sealed class FailoverTests : SeveralSilos
{
    [Fact]
    public async Task Numbers_of_a_killed_silo_are_ready_on_the_others_before_its_lease_is_over()
    {
        var numbers = await ReadyNumbers();
        var (killed, before) = (_cluster.Silos[1], await Epochs(numbers));
        var lost = numbers.Where(number => _homes[number] == killed).ToList();
        Assert.NotEmpty(lost);
        await _cluster.Kill(killed);

        var early = false;
        await _cluster.LivesUntil(async () =>
        {
            early = early || await _cluster.IsRevokedEarly(killed);
            await Answer();
            return lost.All(number => _homes[number] != killed);
        });

        Assert.True(early);
        var after = await Epochs(numbers);
        Assert.All(lost, number => Assert.True(after[number] > before[number]));
        Assert.All(lost, number => Assert.NotEqual(killed.Address, _homes[number].Address));
        await AllReady(numbers);
    }

    [Fact]
    public async Task A_killed_silo_does_not_tear_down_the_grains_of_the_survivors()
    {
        // What Orleans' default grain directory does. An activation that went and came back would have another epoch.
        var numbers = await ReadyNumbers();
        var (killed, before) = (_cluster.Silos[2], await Epochs(numbers));
        var kept = numbers.Where(number => _homes[number] != killed).ToList();
        var seen = kept.ToDictionary(number => number, number => _homes[number].Engine.Opens(number));
        var timelines = await Timelines(kept);
        await _cluster.Kill(killed);

        await _cluster.LivesUntil(async () =>
        {
            await Answer();
            return _homes.Values.All(home => home != killed);
        });
        await AllReady(numbers);

        var after = await Epochs(numbers);
        Assert.All(kept, number => Assert.Equal((before[number], seen[number]), (after[number], _homes[number].Engine.Opens(number))));
        Assert.Equal(timelines, await Timelines(kept));
    }

    [Fact]
    public async Task A_version_that_is_refused_on_one_silo_is_refused_on_all_also_when_that_silo_is_gone()
    {
        var numbers = await ReadyNumbers();
        var killed = _cluster.Silos[1];
        var refused = numbers.First(number => _homes[number] == killed);
        var elsewhere = numbers.Where(number => _homes[number] != killed).Take(10).ToList();
        var opens = elsewhere.Sum(number => _homes[number].Engine.Opens(number));
        var raised = _cluster.Clock.GetTimestamp();
        await killed.Engine.Raise(refused, new EngineEvent.Closed(405));
        await _cluster.Eventually(Alarms, alarms => alarms.Count == 1);
        foreach (var number in elsewhere)
        {
            await _homes[number].Engine.Raise(number, new EngineEvent.Closed(503));
        }

        await AllOutdated();
        await _cluster.Kill(killed);
        await _cluster.LivesUntil(async () => (await _cluster.Grains.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true)).Count == 2);

        Assert.Equal(AlarmCodes.ClientOutdated, Assert.Single(await _cluster.Eventually(Alarms, alarms => alarms.Count > 0)).Code);
        await AllOutdated();
        Assert.InRange(elsewhere.Sum(number => _homes[number].Engine.Opens(number)) - opens, 0, (int)_cluster.Clock.GetElapsedTime(raised).TotalMinutes);

        async Task<IReadOnlyList<AlarmView>> Alarms() => (await _cluster.Grains.GetGrain<IClusterGrain>(0).Get()).Alarms;

        Task AllOutdated() => _cluster.LivesUntil(async () =>
        {
            foreach (var number in elsewhere)
            {
                if ((await _cluster.View(number)).Reason?.Code is not "client_outdated")
                {
                    return false;
                }
            }

            return true;
        });
    }

    [Fact]
    public async Task A_silo_that_is_thought_to_be_dead_and_still_runs_closes_everything_and_the_others_are_not_disturbed()
    {
        var numbers = await ReadyNumbers();
        var (revoked, before) = (_cluster.Silos[1], await Epochs(numbers));
        var incarnation = revoked.Incarnation;
        var own = numbers.Where(number => _homes[number] == revoked).ToList();

        Assert.True(await Ownership.Revoke(SiloLease.NameOf(revoked.Address)));

        await _cluster.LivesUntil(() => Task.FromResult(revoked.Engine.ClosedAll == 1));
        await _cluster.LivesUntil(async () =>
        {
            await Answer();
            var now = await Epochs(own);
            return revoked.Incarnation != incarnation && own.All(number => now[number] > before[number]);
        });
        await AllReady(numbers);
        var after = await Epochs(numbers);
        Assert.All(numbers.Except(own), number => Assert.Equal(before[number], after[number]));
        Assert.All(_cluster.Silos.Where(silo => silo != revoked), silo => Assert.Equal(0, silo.Engine.ClosedAll));
    }

    [Fact]
    public async Task Of_silos_that_race_for_a_number_one_owns_it_and_the_others_may_not_connect_it()
    {
        var number = await Created();

        var epochs = await Task.WhenAll(_cluster.Silos.Select(silo => Ownership.Claim(number, silo.Incarnation)));

        Assert.Equal(1, Assert.Single(epochs, epoch => epoch is not null));
    }

    [Fact]
    public async Task A_number_whose_owner_still_lives_is_refused_with_a_time_and_taken_after_its_end_without_waiting_for_a_sweep()
    {
        var number = await Created();
        await Ownership.Register("127.0.0.1:1@1/a", TimeSpan.FromMinutes(10));
        Assert.NotNull(await Ownership.Claim(number, "127.0.0.1:1@1/a"));

        var refused = (await _cluster.Number(number).Get()).Refusal!;
        Assert.Equal((RefusalCode.StorageUnavailable, TimeSpan.FromSeconds(1)), (refused.Code, refused.RetryAfter));
        await Assert.ThrowsAsync<NumberNotOwnedException>(() => _cluster.Number(number).Ensure());

        await _cluster.Services.GetRequiredService<Reconcilers>().WakeAll(changed: true, TestContext.Current.CancellationToken);
        await _cluster.Passes(5);
        Assert.Equal(1, (await Store.Load(number))!.Epoch);
        await Ownership.Revoke("127.0.0.1:1@1");
        var from = _cluster.Clock.GetTimestamp();
        await _cluster.LivesUntil(async () => (await Store.Load(number))!.Epoch > 1);

        Assert.InRange(_cluster.Clock.GetElapsedTime(from), TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    private async Task<string> Created()
    {
        var now = _cluster.Clock.GetUtcNow();
        var number = new NumberDocument
        {
            Id = NewId.Number(), Label = "Support", Engine = EngineKind.WhatsApp, Desired = DesiredState.Started,
            Session = new NumberSession { Since = now }, CreatedAt = now, UpdatedAt = now,
        };
        await Store.Create(number, new TimelineEntry(number.Id, 0, number.Session.Transition(now)), null);
        return number.Id;
    }

    private async Task<Dictionary<string, int>> Timelines(List<string> numbers)
    {
        var timelines = new Dictionary<string, int>();
        foreach (var number in numbers)
        {
            timelines[number] = (await Store.Timeline(number)).Count;
        }

        return timelines;
    }
}
