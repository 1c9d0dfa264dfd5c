using Loopwave.Numbers;

namespace Loopwave.Storage.Tests.Conformance;

/// <summary>
/// What every store of leases and owners promises. Atomic: revoking the earlier incarnations and registering; taking a
/// number and raising its epoch.
/// </summary>
public abstract class OwnershipStoreTests(Backend backend) : IAsyncDisposable
{
    protected Backend Data { get; } = backend;

    protected static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    public async ValueTask DisposeAsync()
    {
        await Data.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Each_claim_raises_the_epoch_also_the_owners_own()
    {
        var number = await Number();
        await Data.Ownership.Register("a", Long);
        Assert.Equal(1, await Data.Ownership.Claim(number, "a"));
        Assert.Equal(2, await Data.Ownership.Claim(number, "a"));
        Assert.Equal((2, true), ((await Load(number)).Epoch, (await Load(number)).OwnerAlive));
        Assert.Equal("a", await Data.Ownership.Owner(number));
    }

    [Fact]
    public async Task Only_a_live_incarnation_can_claim_and_only_what_exists()
    {
        var number = await Number();
        Assert.Null(await Data.Ownership.Claim(number, "never registered"));
        await Data.Ownership.Register("a", Long);
        Assert.Null(await Data.Ownership.Claim("nunknown", "a"));
        await Data.ExpireLease("a");
        Assert.Null(await Data.Ownership.Claim(number, "a"));
        Assert.Null(await Data.Ownership.Owner(number));
        Assert.Null(await Data.Ownership.Owner("nunknown"));
        Assert.True(await Data.Ownership.Renew("a", Long));
        Assert.Equal(1, await Data.Ownership.Claim(number, "a"));
    }

    [Fact]
    public async Task A_lease_that_runs_out_by_itself_is_not_live()
    {
        var number = await Number();
        await Data.Ownership.Register("a", TimeSpan.Zero);
        Assert.Null(await Data.Ownership.Claim(number, "a"));
    }

    [Fact]
    public async Task A_number_given_up_is_free_for_the_next_and_only_its_last_epoch_can_give_it_up()
    {
        var number = await Number();
        await Data.Ownership.Register("a", Long);
        await Data.Ownership.Claim(number, "a");
        await Data.Ownership.Claim(number, "a");

        await Data.Ownership.Release(number, 1);
        Assert.True((await Load(number)).OwnerAlive);

        await Data.Ownership.Release(number, 2);
        Assert.Equal((2, false), ((await Load(number)).Epoch, (await Load(number)).OwnerAlive));
        Assert.Equal(3, await Data.Ownership.Claim(number, "a"));
    }

    [Fact]
    public async Task A_silos_lease_that_is_revoked_is_over_at_once_and_for_good()
    {
        var number = await Number();
        await Data.Ownership.Register("10.0.0.1:11111@7/a", Long);
        await Data.Ownership.Claim(number, "10.0.0.1:11111@7/a");

        Assert.True(await Data.Ownership.Revoke("10.0.0.1:11111@7"));

        Assert.False((await Load(number)).OwnerAlive);
        Assert.Null(await Data.Ownership.Claim(number, "10.0.0.1:11111@7/a"));
        Assert.False(await Data.Ownership.Renew("10.0.0.1:11111@7/a", Long));
        Assert.False(await Data.Ownership.Revoke("10.0.0.1:11111@7"));
        await Data.Ownership.Register("10.0.0.1:11111@7/b", Long);
        Assert.Equal(2, await Data.Ownership.Claim(number, "10.0.0.1:11111@7/b"));
    }

    [Fact]
    public async Task A_silo_that_nobody_knows_has_nothing_to_be_revoked()
    {
        await Data.Ownership.Register("10.0.0.1:11111@7/a", Long);

        Assert.False(await Data.Ownership.Revoke("10.0.0.1:11111@8"));
        Assert.False(await Data.Ownership.Revoke("10.0.0.1:11111@"));
        Assert.False(await Data.Ownership.Revoke("10.0.0._:11111@7"));
        Assert.True(await Data.Ownership.Renew("10.0.0.1:11111@7/a", Long));
    }

    [Fact]
    public async Task A_silo_owns_what_it_has_taken_and_not_released_until_its_lease_is_revoked()
    {
        await Data.Ownership.Register("10.0.0.1:11111@7/a", Long);
        Assert.Equal(0, await Data.Ownership.Owned("10.0.0.1:11111@7"));

        var (first, second) = (await Number(), await Number());
        await Number();
        await Data.Ownership.Claim(first, "10.0.0.1:11111@7/a");
        await Data.Ownership.Claim(second, "10.0.0.1:11111@7/a");
        Assert.Equal(2, await Data.Ownership.Owned("10.0.0.1:11111@7"));
        Assert.Equal(0, await Data.Ownership.Owned("10.0.0.1:11111@"));

        await Data.Ownership.Release(second, 1);
        Assert.Equal(1, await Data.Ownership.Owned("10.0.0.1:11111@7"));

        await Data.Ownership.Revoke("10.0.0.1:11111@7");
        Assert.Equal(0, await Data.Ownership.Owned("10.0.0.1:11111@7"));
    }

    [Fact]
    public async Task A_lease_that_is_not_there_any_more_is_over_for_good()
    {
        var number = await Number();
        await Data.Ownership.Register("10.0.0.1:11111@7/a", Long);
        await Data.Ownership.Claim(number, "10.0.0.1:11111@7/a");
        await Data.RemoveLease("10.0.0.1:11111@7/a");

        Assert.Null(await Data.Ownership.Owner(number));
        Assert.False((await Load(number)).OwnerAlive);
        Assert.False(await Data.Ownership.Revoke("10.0.0.1:11111@7"));
        Assert.False(await Data.Ownership.Renew("10.0.0.1:11111@7/a", Long));
        Assert.Null(await Data.Ownership.Claim(number, "10.0.0.1:11111@7/a"));

        await Data.Ownership.Register("10.0.0.2:11111@8/a", Long);
        Assert.Equal(2, await Data.Ownership.Claim(number, "10.0.0.2:11111@8/a"));
        Assert.Equal(CommitResult.StaleEpoch, await Data.Numbers.Commit(new NumberChanges { Number = number, Epoch = 1, Sequence = 2 }, new CommitLane()));
    }

    protected async Task<string> Number()
    {
        var number = Sample.Number();
        await Data.Numbers.Create(number, Sample.Transition(number.Id, 1), null);
        return number.Id;
    }

    protected async Task<StoredNumber> Load(string number) => (await Data.Numbers.Load(number))!;
}

/// <summary>Where several processes work on one database: incarnations live side by side.</summary>
public abstract class SharedOwnershipStoreTests(Backend backend) : OwnershipStoreTests(backend)
{
    [Fact]
    public async Task A_number_of_a_live_owner_cannot_be_taken()
    {
        var number = await Number();
        await Data.Ownership.Register("a", Long);
        await Data.Ownership.Register("b", Long);
        await Data.Ownership.Claim(number, "a");

        Assert.Null(await Data.Ownership.Claim(number, "b"));
        Assert.True(await Data.Ownership.Renew("a", Long));
        Assert.Equal(1, (await Load(number)).Epoch);
    }

    [Fact]
    public async Task Taking_a_number_from_an_owner_that_is_late_shuts_that_owner_out_for_good()
    {
        var number = await Number();
        await Data.Ownership.Register("a", Long);
        await Data.Ownership.Register("b", Long);
        await Data.Ownership.Claim(number, "a");
        await Data.ExpireLease("a");

        Assert.Equal(2, await Data.Ownership.Claim(number, "b"));
        Assert.False(await Data.Ownership.Renew("a", Long));
        Assert.Null(await Data.Ownership.Claim(number, "a"));
    }

    [Fact]
    public async Task Revoking_ends_all_leases_of_one_silo_and_no_other()
    {
        var number = await Number();
        foreach (var incarnation in new[] { "h:1@7/a", "h:1@7/b", "h:1@70/a", "h:1@8/a" })
        {
            await Data.Ownership.Register(incarnation, Long);
        }

        await Data.Ownership.Claim(number, "h:1@7/b");
        await Data.ExpireLease("h:1@7/a");

        Assert.True(await Data.Ownership.Revoke("h:1@7"));

        Assert.False(await Data.Ownership.Renew("h:1@7/a", Long));
        Assert.False(await Data.Ownership.Renew("h:1@7/b", Long));
        Assert.True(await Data.Ownership.Renew("h:1@70/a", Long));
        Assert.True(await Data.Ownership.Renew("h:1@8/a", Long));
        Assert.Equal(2, await Data.Ownership.Claim(number, "h:1@8/a"));
    }

    [Fact]
    public async Task Of_many_who_revoke_at_once_one_is_told_that_it_did()
    {
        await Data.Ownership.Register("h:1@7/a", Long);

        var revoked = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Data.Ownership.Revoke("h:1@7")));

        Assert.Single(revoked, one => one);
    }

    [Fact]
    public async Task Of_many_who_race_for_a_free_number_one_wins()
    {
        var number = await Number();
        var incarnations = Enumerable.Range(0, 20).Select(i => "silo-" + i).ToList();
        foreach (var incarnation in incarnations)
        {
            await Data.Ownership.Register(incarnation, Long);
        }

        var epochs = await Task.WhenAll(incarnations.Select(incarnation => Data.Ownership.Claim(number, incarnation)));

        Assert.Equal(1, Assert.Single(epochs, epoch => epoch is not null));
    }
}

/// <summary>Where only one process can have the data: a new incarnation is the only one.</summary>
public abstract class SoleOwnershipStoreTests(Backend backend) : OwnershipStoreTests(backend)
{
    [Fact]
    public async Task Whoever_is_alone_with_the_data_revokes_all_earlier_incarnations_at_once()
    {
        var number = await Number();
        await Data.Ownership.Register("before", Long);
        await Data.Ownership.Claim(number, "before");

        await Data.Ownership.Register("now", Long);

        Assert.False(await Data.Ownership.Renew("before", Long));
        Assert.Null(await Data.Ownership.Claim(number, "before"));
        Assert.False((await Load(number)).OwnerAlive);
        Assert.Equal(2, await Data.Ownership.Claim(number, "now"));
    }

    [Fact]
    public async Task Registering_is_atomic_whichever_write_it_fails_at()
    {
        await Data.Ownership.Register("before", Long);
        for (var write = 0; write < 2; write++)
        {
            Data.FailBeforeWrite(write);
            await Assert.ThrowsAsync<AskedFor>(() => Data.Ownership.Register("now", Long));
            Assert.True(await Data.Ownership.Renew("before", Long));
            Assert.False(await Data.Ownership.Renew("now", Long));
        }
    }
}
