using Loopwave.Engines;
using Loopwave.Testing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Loopwave.Numbers;

/// <summary>A process that may have lost its right to numbers closes every connection first, and then takes them anew.</summary>
public sealed class SiloLeaseTests : IAsyncLifetime
{
    private readonly StorageFaults _disk = new();
    private LoopwaveCluster _cluster = null!;
    private long _renewedAt;
    private int _renewals;

    private SiloLease Lease => _cluster.Services.GetRequiredService<SiloLease>();

    public async ValueTask InitializeAsync()
    {
        _cluster = await LoopwaveCluster.Start(new ClusterSetup { Faults = _disk, LeaseOnTestClock = true });
        _renewedAt = _cluster.Clock.GetTimestamp();
    }

    public ValueTask DisposeAsync()
    {
        _disk.Work();
        return _cluster.DisposeAsync();
    }

    [Fact]
    public async Task A_lease_that_is_renewed_in_time_disturbs_nobody()
    {
        var number = await _cluster.ReadyNumber();

        for (var i = 0; i < 12; i++)
        {
            await Turn(5);
        }

        Assert.Equal((0, 2), (_cluster.Engine.ClosedAll, _cluster.Engine.Opens(number)));
        Assert.Equal(NumberStatus.Ready, (await _cluster.View(number)).Status);
    }

    [Fact]
    public async Task A_process_that_was_asleep_closes_everything_and_its_numbers_come_back()
    {
        var number = await _cluster.ReadyNumber();

        await Turn(20);

        await _cluster.Eventually(() => Task.FromResult(_cluster.Engine.ClosedAll), count => count == 1);
        await Back(number);
        Assert.True(Lease.IsHeld);
        await Sends(number);
    }

    [Fact]
    public async Task A_process_whose_machine_was_suspended_does_nothing_before_everything_is_closed_and_its_numbers_come_back()
    {
        var number = await _cluster.ReadyNumber();
        Assert.True(Lease.IsHeld);

        // No timer falls due in that time, and nothing measures it.
        _cluster.Clock.Jump(TimeSpan.FromSeconds(6));
        Assert.Equal((false, 0), (Lease.IsHeld, _cluster.Engine.ClosedAll));
        await Turn(5);

        await _cluster.Eventually(() => Task.FromResult(_cluster.Engine.ClosedAll), count => count == 1);
        await Back(number);
        Assert.True(Lease.IsHeld);
        await Sends(number);
        await Turn(5);
        Assert.Equal(1, _cluster.Engine.ClosedAll);
    }

    [Fact]
    public async Task A_clock_that_is_set_by_a_few_seconds_disturbs_nobody()
    {
        var number = await _cluster.ReadyNumber();

        foreach (var seconds in new[] { 4, -4, 4 })
        {
            _cluster.Clock.Jump(TimeSpan.FromSeconds(seconds));
            Assert.True(Lease.IsHeld);
            await Turn(5);
        }

        Assert.Equal((0, 2), (_cluster.Engine.ClosedAll, _cluster.Engine.Opens(number)));
        await Sends(number);
    }

    [Fact]
    public async Task A_process_whose_lease_was_revoked_closes_everything_and_takes_its_numbers_anew()
    {
        var numbers = new[] { await _cluster.ReadyNumber(Any.Phone()), await _cluster.ReadyNumber(Any.Phone()) };
        var (epochs, incarnation) = (numbers.Select(_cluster.Engine.Epoch).ToList(), Lease.Incarnation);
        await _cluster.Services.GetRequiredService<IOwnershipStore>().Register("i_somebody-else", TimeSpan.FromMilliseconds(1));

        await Turn(5);

        await _cluster.Eventually(() => Task.FromResult(Lease.Incarnation), now => now != incarnation);
        Assert.Equal(1, _cluster.Engine.ClosedAll);
        foreach (var (number, epoch) in numbers.Zip(epochs))
        {
            await Back(number);
            Assert.True(_cluster.Engine.Epoch(number) > epoch);
            Assert.Equal(NumberStatus.Ready, (await _cluster.Numbers.Get(number, Access.All)).Value!.Number.Status);
            await Sends(number);
        }
    }

    [Fact]
    public async Task Engines_hear_once_that_storage_is_back_and_one_that_fails_over_it_keeps_no_lease_from_being_renewed()
    {
        _cluster.Engine.OfferingAgain = () => throw new InvalidOperationException("Not this one.");
        await Turn(5);
        _disk.Fail("UPDATE silo_lease");
        await Turn(5);
        await Turn(1);
        Assert.Equal(0, _cluster.Engine.OfferedAgain);
        _disk.Work();

        await Turn(1);

        Assert.Equal(1, _cluster.Engine.OfferedAgain);
        await Turn(5);
        Assert.Equal(1, _cluster.Engine.OfferedAgain);
    }

    [Fact]
    public async Task A_process_that_cannot_renew_for_ten_seconds_closes_everything_and_opens_nothing_until_it_can()
    {
        var number = await _cluster.ReadyNumber();
        var opens = _cluster.Engine.Opens(number);
        _disk.Fail("UPDATE silo_lease");
        await Turn(5);
        Assert.Equal(0, _cluster.Engine.ClosedAll);
        await Turn(5);
        await _cluster.Eventually(() => Task.FromResult(_cluster.Engine.ClosedAll), count => count == 1);
        Assert.False(Lease.IsHeld);
        await _cluster.Eventually(() => _cluster.View(number), view => view.Status is not NumberStatus.Ready);
        for (var i = 0; i < 4; i++)
        {
            await Turn(5);
        }

        Assert.Equal(opens, _cluster.Engine.Opens(number));
        Assert.Equal(1, _cluster.Engine.ClosedAll);

        _disk.Work();
        await Turn(5);
        await Back(number);
        await Sends(number);
    }

    [Fact]
    public async Task A_store_that_does_not_answer_is_waited_for_no_longer_than_ten_seconds()
    {
        var number = await _cluster.ReadyNumber();
        _disk.Hang("UPDATE silo_lease");

        // Nothing else gets anywhere meanwhile, so there is nobody to wait for but the lease.
        using var aMoment = new SemaphoreSlim(0);
        while (_cluster.Engine.ClosedAll == 0)
        {
            Assert.InRange(Lease.Unconfirmed.TotalSeconds, 0, 14);
            _cluster.Clock.Advance(TimeSpan.FromSeconds(0.25));
            await aMoment.WaitAsync(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
        }

        Assert.InRange(Lease.Unconfirmed.TotalSeconds, 10, 14);
        Assert.False(Lease.IsHeld);

        _disk.Work();
        await Back(number);
        await Sends(number);
    }

    [Fact]
    public async Task A_renewal_that_failed_is_tried_again_after_a_second_and_disturbs_nobody()
    {
        var number = await _cluster.ReadyNumber();
        _disk.Fail("UPDATE silo_lease");
        await Turn(5);

        // The clock goes on while a try is under way.
        Assert.InRange(Math.Min(await NextTry(), await NextTry()), 0.5, 2);

        _disk.Work();
        await NextTry();
        for (var i = 0; i < 4; i++)
        {
            await Turn(5);
        }

        Assert.True(Lease.IsHeld);
        Assert.Equal((0, 2), (_cluster.Engine.ClosedAll, _cluster.Engine.Opens(number)));
        await Sends(number);
    }

    [Fact]
    public async Task A_process_that_lost_its_lease_holds_it_again_a_second_after_storage_works()
    {
        var number = await _cluster.ReadyNumber();
        _disk.Fail("UPDATE silo_lease");
        await Turn(5);
        await _cluster.PassesUntil(() => Task.FromResult(_cluster.Engine.ClosedAll == 1));
        Assert.False(Lease.IsHeld);

        // The first of these can be the one that closed everything, on its way while time passed.
        await NextTry();
        await NextTry();
        _disk.Work();

        Assert.InRange(await NextTry(), 0.5, 2);

        await _cluster.Eventually(() => Task.FromResult(Lease.IsHeld), held => held);
        await Back(number);
    }

    [Fact]
    public async Task A_number_that_is_sent_to_all_the_time_connects_soon_after_the_lease_is_back()
    {
        var number = await _cluster.ReadyNumber();
        var opens = _cluster.Engine.Opens(number);
        _disk.Fail("UPDATE silo_lease");
        await Turn(5);
        await _cluster.PassesUntil(() => Task.FromResult(_cluster.Engine.ClosedAll == 1));
        await _cluster.PassesUntil(async () => (await _cluster.View(number)).Status is NumberStatus.Connecting, 0.25);
        _disk.Work();
        await _cluster.PassesUntil(() => Task.FromResult(Lease.IsHeld), 0.25);

        for (var i = 0; i < 12; i++)
        {
            Assert.Null((await _cluster.Messages.Send(Any.Send("hello", Any.Jid(), number) with { QueueWhenOffline = true })).Refusal);
            await _cluster.Passes(0.5, 0.25);
        }

        Assert.Equal(opens + 1, _cluster.Engine.Opens(number));
    }

    [Fact]
    public async Task After_a_renewal_that_succeeds_the_next_one_is_a_whole_period_away()
    {
        _disk.Fail("UPDATE silo_lease");
        await Turn(5);
        _disk.Work();
        await NextTry();

        Assert.InRange(await NextTry(), 4, 6);
        Assert.InRange(await NextTry(), 4, 6);
    }

    // Some time, and then the renewal that falls due in it.
    private async Task Turn(int seconds)
    {
        _cluster.Clock.Advance(TimeSpan.FromSeconds(seconds));
        await Renewed();
    }

    // In steps small enough to tell how many seconds it takes until the next renewal is tried.
    private async Task<double> NextTry()
    {
        _renewals = Lease.Tries;
        var from = _cluster.Clock.GetTimestamp();
        await _cluster.PassesUntil(() => Task.FromResult(Lease.Tries > _renewals), 0.25);
        await Renewed();
        return _cluster.Clock.GetElapsedTime(from).TotalSeconds;
    }

    // Not faster than the lease is renewed: a renewal ends a moment after it is seen, and the next one is counted from then.
    // What is stored of it can say ready all the time: the end of the connection before may be stored only once storage works again.
    private Task Back(string number)
    {
        var isOpened = false;
        return _cluster.PassesUntil(IsBack);

        async Task<bool> IsBack()
        {
            if (_cluster.Engine.HasOpen(number))
            {
                await _cluster.Engine.NextOpen(number);
                await _cluster.Engine.Raise(number, new EngineEvent.Opened("Acme"));
                isOpened = true;
            }

            if (Lease.Tries > _renewals || _cluster.Clock.GetElapsedTime(_renewedAt) >= TimeSpan.FromSeconds(7))
            {
                await Renewed();
            }

            return isOpened && (await _cluster.View(number)).Status is NumberStatus.Ready;
        }
    }

    private async Task Renewed()
    {
        await _cluster.Eventually(() => Task.FromResult(Lease.Tries), now => now > _renewals);
        (_renewals, _renewedAt) = (Lease.Tries, _cluster.Clock.GetTimestamp());
    }

    private async Task Sends(string number)
    {
        Assert.Null((await _cluster.Messages.Send(Any.Send("still here", Any.Jid(), number))).Refusal);
        Assert.Equal("still here", (await _cluster.Engine.NextRelay(number)).Message.Text);
    }
}
