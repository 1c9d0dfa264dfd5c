using Loopwave.Cluster;
using Loopwave.Deployment;
using Loopwave.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Xunit;

namespace Loopwave.Numbers;

/// <summary>A silo ends itself when it alone is without the database, and never when all are.</summary>
public sealed class LoneSiloTests : IAsyncLifetime
{
    private LoopwaveCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await LoopwaveCluster.Start(new ClusterSetup
    {
        Silos = 3, LeaseOnTestClock = true, Configure = services =>
        {
            Cuttable.Add(services);
            Forgetful.Add(services);
        },
    });

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task A_silo_that_alone_cannot_renew_its_lease_ends_after_a_while_and_the_others_stay()
    {
        var began = _cluster.Clock.GetTimestamp();
        Cut(_cluster.Silos[1], true);

        await _cluster.PassesUntil(() => Task.FromResult(End(_cluster.Silos[1]).IsCompleted));

        // Ten seconds until it gives its lease up, and twenty in which another one has its own.
        Assert.True(_cluster.Clock.GetElapsedTime(began) >= TimeSpan.FromSeconds(25));
        Assert.Contains("cannot reach the database", await End(_cluster.Silos[1]), StringComparison.Ordinal);
        Assert.Equal(1, _cluster.Silos[1].Engine.ClosedAll);
        Stay(_cluster.Silos[0], _cluster.Silos[2]);
    }

    [Fact]
    public async Task While_nobody_has_the_database_nobody_ends_and_when_it_is_back_for_some_the_others_are_given_their_time()
    {
        foreach (var silo in _cluster.Silos)
        {
            Cut(silo, true);
        }

        await _cluster.PassesUntil(() => Task.FromResult(_cluster.Silos.All(silo => silo.Engine.ClosedAll == 1)));
        await _cluster.Passes(40);
        Stay([.. _cluster.Silos]);

        Cut(_cluster.Silos[0], false);
        await _cluster.PassesUntil(() => Task.FromResult(_cluster.Silos[0].Services.GetRequiredService<SiloLease>().IsHeld));
        await _cluster.Passes(10);
        Cut(_cluster.Silos[1], false);
        await _cluster.PassesUntil(() => Task.FromResult(End(_cluster.Silos[2]).IsCompleted));
        Stay(_cluster.Silos[0], _cluster.Silos[1]);
    }

    [Fact]
    public async Task A_silo_that_got_a_new_lease_in_place_of_a_revoked_one_is_given_its_whole_time_again()
    {
        var silo = _cluster.Silos[1];
        Cut(silo, true);
        await _cluster.PassesUntil(() => Task.FromResult(silo.Engine.ClosedAll == 1));
        await _cluster.Passes(8);
        await _cluster.Silos[0].Services.GetRequiredService<IOwnershipStore>().Revoke(SiloLease.NameOf(silo.Address));
        Cut(silo, false);
        _cluster.Clock.Advance(TimeSpan.FromSeconds(1));
        await _cluster.Eventually(() => Task.FromResult(silo.Services.GetRequiredService<SiloLease>().IsHeld), isHeld => isHeld);
        Stay(silo);

        var began = _cluster.Clock.GetTimestamp();
        Cut(silo, true);
        await _cluster.PassesUntil(() => Task.FromResult(End(silo).IsCompleted));
        Assert.True(_cluster.Clock.GetElapsedTime(began) >= TimeSpan.FromSeconds(25));
    }

    [Fact]
    public async Task A_silo_that_was_away_for_so_long_that_the_cluster_knows_it_no_more_ends_instead_of_taking_a_new_lease()
    {
        var silo = _cluster.Silos[1];
        var (lease, ownership) = (silo.Services.GetRequiredService<SiloLease>(), _cluster.Silos[0].Services.GetRequiredService<IOwnershipStore>());
        ((Forgetful)silo.Services.GetRequiredService<IClusterMembershipService>()).Forgotten = silo.Address;
        var before = lease.Incarnation;
        await ownership.Revoke(SiloLease.NameOf(silo.Address));

        _cluster.Clock.Advance(TimeSpan.FromSeconds(5));

        Assert.True(await _cluster.Eventually(() => Task.FromResult(End(silo).IsCompleted), isAsked => isAsked));
        Assert.Contains("does not know it any more", await End(silo), StringComparison.Ordinal);
        Assert.Equal((1, before, false), (silo.Engine.ClosedAll, lease.Incarnation, lease.IsHeld));
        Stay(_cluster.Silos[0], _cluster.Silos[2]);
    }

    private static Task<string> End(TestSilo silo) => silo.Services.GetRequiredService<SiloEnd>().Asked;

    private static void Cut(TestSilo silo, bool isCut) => ((Cuttable)silo.Services.GetRequiredService<IOwnershipStore>()).IsCut = isCut;

    private static void Stay(params IReadOnlyList<TestSilo> silos) => Assert.DoesNotContain(silos, silo => End(silo).IsCompleted);

    /// <summary>One silo's way to the leases, which can be cut.</summary>
    private sealed class Cuttable(IOwnershipStore inner) : IOwnershipStore
    {
        public bool IsCut { get; set; }

        private IOwnershipStore Inner => IsCut ? throw new StorageUnavailableException("Cut off, says the test.") : inner;

        public static void Add(IServiceCollection services)
        {
            var real = services.Single(service => service.ServiceType == typeof(IOwnershipStore)).ImplementationType!;
            services.Replace(ServiceDescriptor.Singleton<IOwnershipStore>(
                provider => new Cuttable((IOwnershipStore)ActivatorUtilities.CreateInstance(provider, real))));
        }

        public Task Register(string incarnation, TimeSpan timeToLive) => Inner.Register(incarnation, timeToLive);

        public Task<bool> Renew(string incarnation, TimeSpan timeToLive) => Inner.Renew(incarnation, timeToLive);

        public Task<bool> Revoke(string silo) => Inner.Revoke(silo);

        public Task<int> Owned(string silo) => Inner.Owned(silo);

        public Task<long?> Claim(string number, string incarnation) => Inner.Claim(number, incarnation);

        public Task<string?> Owner(string number) => Inner.Owner(number);

        public Task Release(string number, long epoch) => Inner.Release(number, epoch);
    }

    /// <summary>The list of the silos as one of them sees it, from which another one can be missing.</summary>
    private sealed class Forgetful(IClusterMembershipService inner) : IClusterMembershipService
    {
        public SiloAddress? Forgotten { get; set; }

        public ClusterMembershipSnapshot CurrentSnapshot => Forgotten is { } silo
            ? new(inner.CurrentSnapshot.Members.Remove(silo), inner.CurrentSnapshot.Version)
            : inner.CurrentSnapshot;

        public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => inner.MembershipUpdates;

        public static void Add(IServiceCollection services)
        {
            var real = services.Last(service => service.ServiceType == typeof(IClusterMembershipService)).ImplementationFactory!;
            services.Replace(ServiceDescriptor.Singleton<IClusterMembershipService>(provider => new Forgetful((IClusterMembershipService)real(provider))));
        }

        public ValueTask Refresh(MembershipVersion minimumVersion, CancellationToken cancellationToken) => inner.Refresh(minimumVersion, cancellationToken);

        public Task<bool> TryKill(SiloAddress siloAddress) => inner.TryKill(siloAddress);
    }
}
