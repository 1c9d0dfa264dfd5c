using Loopwave.Cluster;
using Loopwave.Deployment;
using Loopwave.Testing.Api;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Loopwave.Numbers;

/// <summary>What operators are told of silos that are gone.</summary>
public sealed class SiloWatchTests : SeveralSilos
{
    private readonly LogLines _log = new();
    private bool _isCounted = true;

    [Fact]
    public async Task A_silo_that_was_asked_to_end_is_not_called_dead_and_one_that_was_killed_is()
    {
        var (stopped, killed) = (_cluster.Silos[1], _cluster.Silos[2]);

        await _cluster.Stop(stopped);
        await Said($"Information {Category} Silo {SiloLease.NameOf(stopped.Address)} has ended as it was asked to");

        await _cluster.Kill(killed);
        await Said($"Warning {Category} Silo {SiloLease.NameOf(killed.Address)} is dead");

        Assert.DoesNotContain(_log.Lines, line => line.Contains(" is dead", StringComparison.Ordinal) && line.Contains(SiloLease.NameOf(stopped.Address), StringComparison.Ordinal));
        Assert.DoesNotContain(_log.Lines, line => line.Contains("as it was asked to", StringComparison.Ordinal) && line.Contains(SiloLease.NameOf(killed.Address), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_silo_that_was_asked_to_end_and_killed_before_it_had_handed_over_is_called_dead_with_the_count_if_it_can_be_had(bool isCounted)
    {
        _isCounted = isCounted;
        await ReadyNumbers();
        var killed = _cluster.Silos[1];
        var owned = _homes.Values.Count(home => home == killed);
        var closed = new TaskCompletionSource();
        killed.Engine.Closing = _ => closed.Task;
        killed.Services.GetRequiredService<SiloDrain>().Finish(TestContext.Current.CancellationToken).Ignore();
        await _cluster.LivesUntil(() => Task.FromResult(_cluster.Silos.Where(silo => silo != killed).All(silo =>
            silo.Services.GetRequiredService<SiloChoice>().Reports.Any(report => report.IsStopping && report.Silo == SiloLease.NameOf(killed.Address)))));

        try
        {
            await _cluster.Kill(killed);

            await Said(isCounted
                ? $"Warning {Category} Silo {SiloLease.NameOf(killed.Address)} is dead, and had not handed over {owned} numbers"
                : $"Information {Category} Silo {SiloLease.NameOf(killed.Address)} has ended as it was asked to; what it did not hand over, if anything, is taken over");
        }
        finally
        {
            closed.SetResult();
        }

        Assert.Equal(!isCounted, _log.Lines.Any(line => line.Contains("as it was asked to", StringComparison.Ordinal)));
    }

    private protected override void Configure(IServiceCollection services)
    {
        services.AddLogging(logging => logging.AddProvider(_log).AddFilter(Category, LogLevel.Information));
        var real = services.Single(service => service.ServiceType == typeof(IOwnershipStore)).ImplementationType!;
        services.Replace(ServiceDescriptor.Singleton<IOwnershipStore>(
            provider => new Counting((IOwnershipStore)ActivatorUtilities.CreateInstance(provider, real), () => _isCounted)));
    }

    private static string Category => typeof(SiloWatch).FullName!;

    private sealed class Counting(IOwnershipStore inner, Func<bool> isCounted) : IOwnershipStore
    {
        public Task Register(string incarnation, TimeSpan timeToLive) => inner.Register(incarnation, timeToLive);

        public Task<bool> Renew(string incarnation, TimeSpan timeToLive) => inner.Renew(incarnation, timeToLive);

        public Task<bool> Revoke(string silo) => inner.Revoke(silo);

        public Task<int> Owned(string silo) => isCounted() ? inner.Owned(silo) : throw new StorageUnavailableException("No count, says the test.");

        public Task<long?> Claim(string number, string incarnation) => inner.Claim(number, incarnation);

        public Task<string?> Owner(string number) => inner.Owner(number);

        public Task Release(string number, long epoch) => inner.Release(number, epoch);
    }

    private Task Said(string line) =>
        _cluster.LivesUntil(() => Task.FromResult(_log.Lines.Any(said => said.StartsWith(line, StringComparison.Ordinal))));
}
