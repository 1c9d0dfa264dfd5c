using Loopwave.Engines;

namespace Loopwave.Numbers;

/// <summary>
/// A linked device that is no longer wanted is logged out at the network first: only its own credentials can do that, and on
/// the phone it would stay for ever. Until then they are kept, and the number connects for nothing else.
/// </summary>
public sealed partial record NumberSession
{
    /// <summary>How long logging out is tried before the credentials are wiped all the same.</summary>
    internal static readonly TimeSpan LogOutTimeout = TimeSpan.FromMinutes(2);

    private static readonly Cause NotLoggedOut = new(
        "not_logged_out", "WhatsApp could not be told that the device is unlinked. Remove it on the phone, under Linked devices.");

    /// <summary>An admin unlinked it, also while its device is still being logged out.</summary>
    public bool IsRemoved => State is SessionState.Removed || LogOutDue is { Then: SessionState.Removed };

    /// <summary>Logged in, to log the device out.</summary>
    internal bool CanLogOut => LogOutDue is not null && State is SessionState.Ready;

    /// <summary>The device is logged out at the network: nothing of it is worth keeping.</summary>
    public NumberSession LoggedOut(DateTimeOffset now) => LogOutDue is null ? this : ToParted(Reason, now);

    /// <summary>The network was not told; tries again on another connection.</summary>
    public NumberSession LogOutFailed(DateTimeOffset now, double random) =>
        LogOutDue is null ? this : ToWaiting(Reason, ReconnectDelay.FullJitter(Attempt + 1, random), now);

    private NumberSession ResumeLogOut(DateTimeOffset now) =>
        (this with { LogOutDue = LogOutDue! with { By = now + LogOutTimeout } }).ToPending(Reason, now);

    // What goes stays gone; only the link that was to follow is cancelled.
    private NumberSession StopLogOut(DateTimeOffset now) =>
        LogOutDue is { Then: SessionState.Pending } ? ToLogOut(SessionState.LoggedOut, LinkCancelled, null, now) : this;

    private NumberSession ToLogOut(SessionState then, Cause? reason, LinkAttempt? link, DateTimeOffset now)
    {
        var goesOn = IsOpen && State is not SessionState.Ready;
        var next = new NumberSession
        {
            State = IsOpen ? State : SessionState.Pending, DueAt = goesOn ? DueAt : null,
            Paired = true, Reason = reason, Link = link, LogOutDue = new LogOutDue(then, LogOutDue?.By ?? now + LogOutTimeout),
        }.ChangedFrom(this, now);

        // What it waits for it has been waiting for since before, and a clock that was set back meanwhile must not prolong that.
        return goesOn ? next with { MovedAt = MovedAt } : next;
    }

    private NumberSession ToParted(Cause? reason, DateTimeOffset now) => new NumberSession
    {
        State = LogOutDue!.Then, WipeDue = true, Reason = reason, Link = Link is null ? null : Link with { StartedAt = now },
    }.ChangedFrom(this, now);

    private NumberSession OnLoggingOut(EngineEvent evt, DateTimeOffset now, double random) => evt switch
    {
        EngineEvent.Opened => (this with { State = SessionState.Ready, DueAt = null }).ChangedFrom(this, now),
        EngineEvent.PingLost => LogOutFailed(now, random),
        EngineEvent.Closed closed => DisconnectCause.Of(closed.Code).Action switch
        {
            DisconnectAction.LogOutAndWipe => LoggedOut(now),
            DisconnectAction.ReconnectNow => ToPending(Reason, now),
            DisconnectAction.BackOff or DisconnectAction.TryOnce => LogOutFailed(now, random),
            DisconnectAction.TrySlowly => ToWaiting(Reason, ReconnectDelay.Slowly(random), now),
            DisconnectAction.TryInTurn => ToWaiting(Reason, ReconnectDelay.BehindAnother(random), now),

            // It is not let in any more, and so cannot say that it goes.
            DisconnectAction.RestrictUntil or DisconnectAction.Restrict or DisconnectAction.LogOut => ToParted(NotLoggedOut, now),
        },
        _ => this,
    };

    // An end further away than it can be is one that the clock was set back from.
    private bool LogOutIsOver(DateTimeOffset now) =>
        LogOutDue is { By: var by } && (now >= by || by - now > LogOutTimeout + ClockSlack);

    private DateTimeOffset? InLogOutTime(DateTimeOffset? due) => LogOutDue is { By: var by } && !(due < by) ? by : due;
}

/// <summary>A device is to be logged out at the network before its credentials are wiped.</summary>
/// <param name="Then">What follows: removed, logged out for a reason, or pending with an attempt to link another device.</param>
/// <param name="By">When the credentials are wiped all the same.</param>
public sealed record LogOutDue(SessionState Then, DateTimeOffset By);
