using Loopwave.Cluster;
using Loopwave.Engines;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Loopwave.Numbers;

/// <summary>
/// This process's right to own numbers: one lease for all of them. Renewed every 5 seconds for 15, and every second while
/// that fails; a process that could not renew for 10 seconds, was revoked, or finds that it was asleep closes all
/// connections before anything else. One that alone cannot get its lease back ends the silo.
/// </summary>
internal sealed partial class SiloLease(
    IOwnershipStore ownership,
    IEnumerable<IEngine> engines,
    ILocalSiloDetails silo,
    IClusterMembershipService membership,
    NumberMetrics metrics,
    OtherSilos others,
    SiloEnd end,
    IOptions<LeaseOptions> options,
    TimeProvider clock,
    ILogger<SiloLease> logger) : IHostedService, IDisposable
{
    internal static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    // Without the lease nothing is opened or relayed: once storage works again, numbers should not wait for a whole period.
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FenceAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LateBy = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CloseWithin = TimeSpan.FromSeconds(5);

    // Somebody who sets the clock forward by more looks the same as a machine that was suspended. Then connections are closed and opened
    // again once for nothing.
    private static readonly TimeSpan LongestSuspension = TimeSpan.FromSeconds(5);

    private readonly CutOff _cutOff = new(options.Value.EndSiloAfter, clock);
    private readonly CancellationTokenSource _stop = new();
    private Task _renewing = Task.CompletedTask;
    private volatile ClockReading _turn = ClockReading.Of(clock);
    private long _renewed;
    private bool _fenced;
    private bool _fails;

    /// <summary>The name of this incarnation of the process; a new one after every start and every lost lease.</summary>
    public string Incarnation { get; private set; } = "";

    /// <summary>The lease was confirmed recently enough that nobody else can have taken a number.</summary>
    public bool IsHeld => !_fenced && Incarnation.Length > 0 && Unconfirmed < FenceAfter && !WasSuspendedBefore(ClockReading.Of(clock));

    /// <summary>The lease is held, and storage confirms it as often as it should.</summary>
    public bool IsHeldInTime => IsHeld && Unconfirmed < Period + LateBy;

    /// <summary>How long ago the store last confirmed the lease, counted from when it was asked.</summary>
    internal TimeSpan Unconfirmed => clock.GetElapsedTime(_renewed);

    /// <summary>How many renewals were tried and are over, with the next one set.</summary>
    internal int Tries { get; private set; }

    /// <summary>How a silo is called in the names of its incarnations: by its address, which holds the time of its start.</summary>
    public static string NameOf(SiloAddress silo) => silo.ToParsableString();

    /// <summary>The silo of an incarnation.</summary>
    public static string SiloOf(string incarnation) => incarnation[..incarnation.LastIndexOf('/')];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await Register();
        _renewing = Task.Run(() => Renew(_stop.Token), CancellationToken.None);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _renewing;
    }

    public void Dispose() => _stop.Dispose();

    private async Task Register()
    {
        Incarnation = NameOf(silo.SiloAddress) + "/" + NewId.Key();
        var before = clock.GetTimestamp();
        await ownership.Register(Incarnation, TimeToLive);
        _renewed = before;
        _fenced = false;
        _cutOff.Renewed();
    }

    private async Task Renew(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Period, clock);
        _turn = ClockReading.Of(clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                // A gap this long looks the same from inside whether the process was stopped or starved; its machine was suspended when
                // only the clock on the wall has it.
                var now = ClockReading.Of(clock);
                if (clock.GetElapsedTime(_turn.Measured, now.Measured) > Period + Period || WasSuspendedBefore(now))
                {
                    await Fence(LeaseLoss.Asleep);
                }

                // Not before everything is closed: until then the lease is held for nobody who asks.
                _turn = now;
                var renewed = await RenewOnce();
                if (renewed && _fails)
                {
                    OfferAgain();
                }

                _fails = !renewed;
                var next = renewed ? Period : RetryAfter;
                if (timer.Period != next)
                {
                    // Set anew it would begin to count now, and a renewal that took long would put off the next one.
                    timer.Period = next;
                }

                Tries++;
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private bool WasSuspendedBefore(ClockReading now) => now.UnmeasuredSince(_turn, clock) > LongestSuspension;

    private async Task<bool> RenewOnce()
    {
        try
        {
            var before = clock.GetTimestamp();
            if (await RenewOrFence())
            {
                _renewed = before;
                _fenced = false;
                _cutOff.Renewed();
                return true;
            }

            await Fence(LeaseLoss.Revoked);
            if (await IsDeclaredDead())
            {
                // The others take the numbers; a new lease would only keep them from it until this process ends.
                return false;
            }

            await Register();
            return true;
        }
        catch (Exception exception)
        {
            LogNotRenewed(logger, exception, Unconfirmed.TotalSeconds);
            if (Unconfirmed >= FenceAfter)
            {
                await Fence(LeaseLoss.NotRenewed);
                await EndIfAlone();
            }

            return false;
        }
    }

    // A store that says nothing is waited for no longer than one that refuses: the others count from the last renewal, too.
    private async Task<bool> RenewOrFence()
    {
        var renewal = ownership.Renew(Incarnation, TimeToLive);
        var left = FenceAfter - Unconfirmed;
        try
        {
            return await renewal.WaitAsync(left > RetryAfter ? left : RetryAfter, clock);
        }
        catch (TimeoutException) when (!renewal.IsCompleted)
        {
            await Fence(LeaseLoss.NotRenewed);
            return await renewal;
        }
    }

    private async Task EndIfAlone()
    {
        if (_cutOff.Lost(await others.AnyHoldsLease()))
        {
            End("This silo cannot reach the database, and other silos can. It ends, so that they take its numbers; start it again.");
        }
    }

    private void End(string reason)
    {
        LogEnds(logger, reason);
        end.Ask(reason);
    }

    private async Task<bool> IsDeclaredDead()
    {
        using var timeout = new CancellationTokenSource(RetryAfter, clock);
        await membership.Refresh(default, timeout.Token);
        var status = membership.CurrentSnapshot.GetSiloStatus(silo.SiloAddress);
        if (status is SiloStatus.None)
        {
            // Orleans ends a silo that finds itself dead, and strikes the dead from its table after a day. One that slept longer is nowhere.
            End("This silo was away for so long that the cluster does not know it any more. It ends; start it again.");
        }

        return status is SiloStatus.Dead or SiloStatus.None;
    }

    private async Task Fence(LeaseLoss why)
    {
        if (_fenced)
        {
            return;
        }

        _fenced = true;
        LogFenced(logger, why);
        metrics.Lost(why);
        await Task.WhenAll(engines.Select(CloseAll));
    }

    // Storage is back, and what the engines could not tell meanwhile is what the numbers wait for.
    private void OfferAgain()
    {
        foreach (var engine in engines)
        {
            try
            {
                engine.OfferAgain();
            }
            catch (Exception exception)
            {
                // It offers again by itself, later.
                LogNotTold(logger, exception, engine.Kind);
            }
        }
    }

    // One engine that fails or hangs must keep neither the others open nor the lease from being renewed.
    private async Task CloseAll(IEngine engine)
    {
        try
        {
            await engine.CloseAll().WaitAsync(CloseWithin, clock);
        }
        catch (Exception exception)
        {
            LogNotClosed(logger, exception, engine.Kind);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The lease could not be renewed for {Seconds:F1} s")]
    private static partial void LogNotRenewed(ILogger logger, Exception exception, double seconds);

    [LoggerMessage(LogLevel.Critical, "{Reason}")]
    private static partial void LogEnds(ILogger logger, string reason);

    [LoggerMessage(LogLevel.Error, "The connections of {Network} could not be closed")]
    private static partial void LogNotClosed(ILogger logger, Exception exception, EngineKind network);

    [LoggerMessage(LogLevel.Warning, "{Network} could not be told that storage is back")]
    private static partial void LogNotTold(ILogger logger, Exception exception, EngineKind network);

    [LoggerMessage(LogLevel.Error, "All connections are closed: the lease is lost ({Why})")]
    private static partial void LogFenced(ILogger logger, LeaseLoss why);
}

/// <summary>How a process loses its right to own numbers.</summary>
internal enum LeaseLoss
{
    /// <summary>It finds that it was stopped, starved or suspended for longer than the others wait.</summary>
    Asleep,

    /// <summary>Another one took it for gone, and took its numbers.</summary>
    Revoked,

    /// <summary>Storage did not answer for so long that another one may do that.</summary>
    NotRenewed,
}
