using Loopwave.Engines;

namespace Loopwave.Numbers;

/// <summary>A QR or pairing code runs out when nobody scans or types it in time: the attempt to link is over then.</summary>
public sealed partial record NumberSession
{
    /// <summary>A little over the 160 s that six codes last, so that the network's own end comes first.</summary>
    internal static readonly TimeSpan LinkTimeout = TimeSpan.FromSeconds(190);

    private static readonly Cause LinkExpired = new("link_expired", "Nobody scanned the code in time. Start again.");

    // Where no code is on screen, whatever failed last is why.
    private NumberSession ToLinkExpired(DateTimeOffset now, Cause? failed = null) => ToLoggedOut(
        State is SessionState.Linking or SessionState.Scanned ? LinkExpired : failed ?? (Attempt > 0 ? Reason : null) ?? LinkExpired, wipe: true, now);

    // An attempt that began in the future is one that the clock was set back from: how long it lasted is unknown.
    private bool LinkIsOver(DateTimeOffset now) =>
        !Paired && (Link is not { } link || now >= link.StartedAt + LinkTimeout || link.StartedAt - now > ClockSlack);

    private DateTimeOffset InLinkTime(DateTimeOffset due) =>
        !Paired && Link is { } link && due > link.StartedAt + LinkTimeout ? link.StartedAt + LinkTimeout : due;

    // No device is linked yet. A fresh identity is tried at once the first time, and after a growing delay from then on.
    private NumberSession OnClosedUnpaired(EngineEvent.Closed closed, DateTimeOffset now, double random) => closed.Code switch
    {
        // Another code of the same phone would only make it worse.
        _ when closed.Cause == DisconnectCause.CodeRefused.Code => ToLoggedOut(DisconnectCause.CodeRefused, wipe: true, now),

        // While there was no code yet nothing can have run out but the way to the network.
        DisconnectCause.TimedOut when State is not SessionState.Connecting => ToLinkExpired(now),
        DisconnectCause.LoggedOut or DisconnectCause.RestartRequired when Attempt == 0 && !LinkIsOver(now) =>
            ToPending(null, now) with { Attempt = 1, WipeDue = true },
        _ => Lost(DisconnectCause.Of(closed).Reason, now, random),
    };
}
