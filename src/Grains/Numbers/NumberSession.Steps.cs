using Loopwave.Engines;

namespace Loopwave.Numbers;

/// <summary>What time and the network do to a session.</summary>
public sealed partial record NumberSession
{
    /// <summary>How long until <see cref="Tick"/> has something to do; null when nothing waits.</summary>
    public TimeSpan? DueIn(DateTimeOffset now) => DueAt is not { } due ? null : IsDue(now) || LogOutIsOver(now) ? TimeSpan.Zero : due - now;

    /// <summary>Moves what has fallen due.</summary>
    public NumberSession Tick(DateTimeOffset now, double random)
    {
        if (LogOutIsOver(now))
        {
            return ToParted(NotLoggedOut, now);
        }

        if (!IsDue(now))
        {
            return this;
        }

        return State switch
        {
            SessionState.Admitted or SessionState.Waiting when LinkIsOver(now) => ToLinkExpired(now),

            // A slot is no promise: whose time has come asks again, and so does whoever missed it.
            SessionState.Admitted or SessionState.Waiting or SessionState.Restricted => ToPending(Reason, now),

            // The end of an attempt to link cuts the last try short, which says nothing of why the ones before failed.
            SessionState.Connecting when LinkIsOver(now) && Attempt > 0 => ToLinkExpired(now),
            SessionState.Connecting => Lost(DisconnectCause.Of(DisconnectCause.TimedOut).Reason, now, random),
            SessionState.Linking or SessionState.Scanned => Paired
                ? ToPending(Reason, now)
                : ToLinkExpired(now),
            SessionState.Ready when LogOutDue is not null => LogOutFailed(now, random),
            SessionState.Ready when Replaced && Attempt > 0 =>
                (this with { DueAt = now + ReplacedMemory, Attempt = 0 }).ChangedFrom(this, now),
            SessionState.Ready => this with { DueAt = null, Attempt = 0, Replaced = false },
            SessionState.LoggedOut or SessionState.Pending or SessionState.Held or SessionState.Stopped
                or SessionState.Removed => this with { DueAt = null },
        };
    }

    /// <summary>Somebody waits by now: a place in line is asked for anew.</summary>
    public NumberSession Hurry(DateTimeOffset now) => State is SessionState.Admitted ? ToPending(Reason, now) : this;

    /// <summary>What an engine reports. Only an open session listens: what arrives late changes nothing.</summary>
    public NumberSession On(EngineEvent evt, DateTimeOffset now, double random) => evt switch
    {
        _ when !IsOpen => this,
        _ when LogOutDue is not null => OnLoggingOut(evt, now, random),
        EngineEvent.LinkOffered when Link is not null && !Paired && State is not SessionState.Linking => (this with
        {
            State = SessionState.Linking, DueAt = InLinkTime(now + LinkTimeout), Reason = null,
        }).ChangedFrom(this, now),
        EngineEvent.LinkScanned when !Paired && State is not SessionState.Scanned => (this with
        {
            State = SessionState.Scanned, DueAt = now + ConnectTimeout + ConnectTimeout, Reason = null,
        }).ChangedFrom(this, now),
        EngineEvent.Linked when !Paired => (this with
        {
            State = SessionState.Scanned, Paired = true, DueAt = now + ConnectTimeout, Reason = null,
        }).ChangedFrom(this, now),
        EngineEvent.Opened when Unwanted is { } unwanted =>
            (this with { State = SessionState.Ready }).ToLogOut(SessionState.LoggedOut, unwanted, null, now),
        EngineEvent.Opened => new NumberSession
        {
            State = SessionState.Ready, Paired = true, Attempt = Attempt, Replaced = Replaced, DueAt = now + StableAfter,
        }.ChangedFrom(this, now),
        EngineEvent.PingLost => Deaf(now, random),
        EngineEvent.Closed closed => Paired ? OnClosed(closed, now, random) : OnClosedUnpaired(closed, now, random),
        _ => this,
    };

    /// <summary>The engine could not even begin to connect, for a reason that people may have to do something about.</summary>
    public NumberSession NotOpened(Cause reason, DateTimeOffset now, double random) => IsOpen ? Lost(reason, now, random) : this;

    private NumberSession OnClosed(EngineEvent.Closed closed, DateTimeOffset now, double random)
    {
        var cause = DisconnectCause.Of(closed);
        return cause.Action switch
        {
            DisconnectAction.ReconnectNow => ToPending(cause.Reason, now),
            DisconnectAction.BackOff => BackOff(cause.Reason, now, random),
            DisconnectAction.TrySlowly => ToWaiting(cause.Reason, ReconnectDelay.Slowly(random), now),
            DisconnectAction.TryInTurn => ToWaiting(cause.Reason, ReconnectDelay.BehindAnother(random), now),
            DisconnectAction.TryOnce => Replaced
                ? (this with { State = SessionState.Held, Reason = cause.Reason, DueAt = null, Attempt = Attempt + 1 }).ChangedFrom(this, now)
                : ToWaiting(cause.Reason, ReplacedDelay, now) with { Replaced = true },
            DisconnectAction.RestrictUntil => ToRestricted(cause.Reason, closed.Until, RestrictionTriedAt(closed.Until, now, random), now),
            DisconnectAction.Restrict => ToRestricted(cause.Reason, closed.Until, dueAt: null, now),
            DisconnectAction.LogOutAndWipe => ToLoggedOut(Unwanted ?? cause.Reason, wipe: true, now),
            DisconnectAction.LogOut => ToLoggedOut(cause.Reason, wipe: false, now),
        };
    }

    /// <summary>The version of the client is refused for all numbers: another one tries first.</summary>
    public NumberSession Outdated(DateTimeOffset now, double random) => State is SessionState.Pending
        ? ToWaiting(DisconnectCause.Of(DisconnectCause.ClientOutdated).Reason, ReconnectDelay.BehindAnother(random), now)
        : this;

    // Of a device that was never linked nothing is worth keeping: its attempt goes on afresh until its time is up.
    private NumberSession Lost(Cause reason, DateTimeOffset now, double random) =>
        Paired ? BackOff(reason, now, random)
        : LinkIsOver(now) ? ToLinkExpired(now, reason)
        : BackOff(reason, now, random) with { WipeDue = true };

    private NumberSession BackOff(Cause reason, DateTimeOffset now, double random) =>
        ToWaiting(reason, ReconnectDelay.FullJitter(Attempt + 1, random), now);

    private NumberSession ToWaiting(Cause? reason, TimeSpan delay, DateTimeOffset now) => (this with
    {
        State = SessionState.Waiting, Reason = LogOutDue is null ? reason : Reason, DueAt = InLinkTime(now + delay), Attempt = Attempt + 1,
    }).ChangedFrom(this, now);

    private NumberSession ToRestricted(Cause reason, DateTimeOffset? until, DateTimeOffset? dueAt, DateTimeOffset now) => (this with
    {
        State = SessionState.Restricted, Reason = reason, Until = until, DueAt = dueAt, Attempt = Attempt + 1,
    }).ChangedFrom(this, now);

    private NumberSession ToPending(Cause? reason, DateTimeOffset now) =>
        (this with { State = SessionState.Pending, DueAt = null, Until = null, Reason = reason }).ChangedFrom(this, now);

    private NumberSession ToLoggedOut(Cause reason, bool wipe, DateTimeOffset now) => new NumberSession
    {
        State = SessionState.LoggedOut, Reason = reason, WipeDue = wipe || WipeDue,
        Paired = Paired && !wipe, Unwanted = Paired && !wipe ? Unwanted : null,
    }.ChangedFrom(this, now);

    // Without an end from the network, ask again slowly rather than never. An end that is past already (its clock or ours
    // is wrong) must not become a loop.
    private DateTimeOffset RestrictionTriedAt(DateTimeOffset? until, DateTimeOffset now, double random)
    {
        var soonest = now + ReconnectDelay.FullJitter(Attempt + 1, random);
        return until is not { } end ? now + ReconnectDelay.Slowly(random) : end > soonest ? end : soonest;
    }

    // A clock that was set back to before the wait began must not prolong it. Only the end of a restriction is a time that
    // the network named, and waits for the clock.
    private bool IsDue(DateTimeOffset now) =>
        DueAt is { } due && (due <= now || (MovedAt - now > ClockSlack && !(State is SessionState.Restricted && Until is not null)));

    // The status keeps its "since" as long as people see the same status, detail and reason.
    private NumberSession ChangedFrom(NumberSession before, DateTimeOffset now) => this with
    {
        Since = ShowsLike(before) && before.Since != default ? before.Since : now, MovedAt = now, DueAt = InLogOutTime(DueAt),
    };
}
