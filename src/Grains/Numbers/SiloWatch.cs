using Loopwave.Cluster;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Loopwave.Numbers;

/// <summary>
/// Takes over from silos that are gone. The numbers of one that the membership calls dead need not wait until its lease is
/// over: it is revoked first, and then the reconciler is woken. Every silo does this; doing it several times is harmless. One that
/// ended as it was asked to is called dead as well, and is no reason to worry, unless it still owned numbers: in good order it gives up all.
/// </summary>
internal sealed partial class SiloWatch(
    IClusterMembershipService membership,
    ILocalSiloDetails self,
    IOwnershipStore ownership,
    SiloChoice choice,
    Reconcilers reconcilers,
    TimeProvider clock,
    IHostApplicationLifetime lifetime,
    ILogger<SiloWatch> logger) : BackgroundService
{
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CountedWithin = TimeSpan.FromSeconds(1);

    private HashSet<SiloAddress> _present = [];
    private HashSet<SiloAddress> _dead = [];

    // They have told the membership that they end, in good order: one that has no time for that is Stopping.
    private readonly HashSet<SiloAddress> _leaving = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lifetime.ApplicationStopping);
        var stop = stopping.Token;
        try
        {
            await lifetime.Started(stop);
            await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(stop))
            {
                TakeOver(snapshot, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    private void TakeOver(ClusterMembershipSnapshot snapshot, CancellationToken stop)
    {
        var others = snapshot.Members.Values.Where(member => !member.SiloAddress.Equals(self.SiloAddress)).ToList();
        var dead = others.Where(member => member.Status is SiloStatus.Dead).Select(member => member.SiloAddress).ToHashSet();
        var present = others.Select(member => member.SiloAddress).Where(silo => !dead.Contains(silo)).ToHashSet();
        var died = dead.Except(_dead).ToList();
        _leaving.UnionWith(others.Where(member => member.Status is SiloStatus.ShuttingDown).Select(member => member.SiloAddress));
        _leaving.IntersectWith(present.Concat(died));
        if (died.Count > 0 || _present.Except(present).Any())
        {
            // Beside the watch: another one may go meanwhile.
            TakeOver([.. died.Select(silo => (silo, HasToldToEnd(silo)))], stop).Ignore();
        }

        (_present, _dead) = (present, dead);
    }

    // To the other silos, or to the membership: one that drains for long does the first, one that has nothing to drain only the second.
    private bool HasToldToEnd(SiloAddress silo) =>
        _leaving.Contains(silo) || choice.HasToldToEnd(silo);

    private async Task TakeOver(IReadOnlyList<(SiloAddress Silo, bool WasAsked)> died, CancellationToken stop)
    {
        await Task.WhenAll(died.Select(one => Revoke(SiloLease.NameOf(one.Silo), one.WasAsked, stop)));
        await reconcilers.WakeAll(changed: true, stop);
    }

    private async Task Revoke(string silo, bool wasAsked, CancellationToken stop)
    {
        // After that time the lease is over by itself.
        for (var began = clock.GetTimestamp(); clock.GetElapsedTime(began) <= SiloLease.TimeToLive;)
        {
            try
            {
                // Only before it is revoked are they still its own.
                var owned = wasAsked ? await Owned(silo) : null;
                if (await ownership.Revoke(silo))
                {
                    Tell(silo, wasAsked, owned);
                }

                return;
            }
            catch (Exception exception)
            {
                LogNotRevoked(logger, exception, silo);
                await Task.Delay(TryAgainAfter, clock, stop);
            }
        }
    }

    // For the log alone: neither for long nor at any price.
    private async Task<int?> Owned(string silo)
    {
        try
        {
            return await ownership.Owned(silo).WaitAsync(CountedWithin, clock);
        }
        catch (Exception)
        {
            return null;
        }
    }

    private void Tell(string silo, bool wasAsked, int? owned)
    {
        if (!wasAsked)
        {
            LogRevoked(logger, silo);
        }
        else if (owned is > 0)
        {
            LogNotHandedOver(logger, silo, owned.Value);
        }
        else
        {
            LogEnded(logger, silo);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Silo {Silo} is dead; its lease is revoked and its numbers are taken over")]
    private static partial void LogRevoked(ILogger logger, string silo);

    [LoggerMessage(LogLevel.Warning, "Silo {Silo} is dead, and had not handed over {Count} numbers yet; they are taken over")]
    private static partial void LogNotHandedOver(ILogger logger, string silo, int count);

    [LoggerMessage(LogLevel.Information, "Silo {Silo} has ended as it was asked to; what it did not hand over, if anything, is taken over")]
    private static partial void LogEnded(ILogger logger, string silo);

    [LoggerMessage(LogLevel.Warning, "The lease of the dead silo {Silo} could not be revoked; this is tried again")]
    private static partial void LogNotRevoked(ILogger logger, Exception exception, string silo);
}
