using Loopwave.Cluster;
using Loopwave.Testing.Api;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Loopwave.Numbers;

/// <summary>What operators are told of silos that are gone.</summary>
public sealed class SiloWatchTests : SeveralSilos
{
    private readonly LogLines _log = new();

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

    [Fact]
    public async Task A_silo_that_was_asked_to_end_and_killed_before_it_had_handed_over_is_called_dead_with_the_count()
    {
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

            await Said($"Warning {Category} Silo {SiloLease.NameOf(killed.Address)} is dead: it crashed or was killed before it had handed over {owned} numbers");
        }
        finally
        {
            closed.SetResult();
        }

        Assert.DoesNotContain(_log.Lines, line => line.Contains("as it was asked to", StringComparison.Ordinal));
    }

    private protected override void Configure(IServiceCollection services) =>
        services.AddLogging(logging => logging.AddProvider(_log).AddFilter(Category, LogLevel.Information));

    private static string Category => typeof(SiloWatch).FullName!;

    private Task Said(string line) =>
        _cluster.LivesUntil(() => Task.FromResult(_log.Lines.Any(said => said.StartsWith(line, StringComparison.Ordinal))));
}
