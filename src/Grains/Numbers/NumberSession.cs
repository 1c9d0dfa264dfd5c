using Loopwave.Engines;

namespace Loopwave.Numbers;

/// <summary>Every state of a number's session. Names may be added; stored ones are never renamed.</summary>
public enum SessionState
{
    /// <summary>No device is linked, or it was unlinked. Waits for a person.</summary>
    LoggedOut,

    /// <summary>Wants to connect and has no slot of the connect budget yet.</summary>
    Pending,

    /// <summary>Has a slot of the connect budget at <c>DueAt</c>.</summary>
    Admitted,

    /// <summary>The engine is opening; gives up at <c>DueAt</c>.</summary>
    Connecting,

    /// <summary>A QR or pairing code is on screen; the attempt ends at <c>DueAt</c>.</summary>
    Linking,

    /// <summary>The phone took the code; the login follows.</summary>
    Scanned,

    /// <summary>Logged in. While <c>DueAt</c> is set the connection is not yet counted as stable.</summary>
    Ready,

    /// <summary>Lost its connection and tries again at <c>DueAt</c>.</summary>
    Waiting,

    /// <summary>Lost its connection and tries again only on command.</summary>
    Held,

    /// <summary>Restricted by the network; tries again at <c>DueAt</c> where the end is known.</summary>
    Restricted,

    /// <summary>Paused by an admin.</summary>
    Stopped,

    /// <summary>Unlinked by an admin.</summary>
    Removed,
}

/// <summary>
/// Where a number stands with its network. Every transition is a method here; each takes the time, and a random number
/// from 0 to 1 where something is spread. What waits has a due time in the data, so nothing waits for ever and a restart
/// loses no waiting.
/// </summary>
public sealed record NumberSession
{
    internal static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(30);
    internal static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(30);
    internal static readonly TimeSpan ReplacedDelay = TimeSpan.FromSeconds(30);

    /// <summary>A little over the 160 s that six codes last, so that the network's own end comes first.</summary>
    internal static readonly TimeSpan LinkTimeout = TimeSpan.FromSeconds(190);

    private static readonly Cause LinkExpired = new("link_expired", "Nobody scanned the code in time. Start again.");

    public SessionState State { get; init; } = SessionState.LoggedOut;

    /// <summary>When the public status last changed.</summary>
    public DateTimeOffset Since { get; init; }
    public Cause? Reason { get; init; }

    /// <summary>When waiting ends.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>When a restriction ends, where known.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Failed attempts since the session was last stable.</summary>
    public int Attempt { get; init; }

    /// <summary>A device is linked and its credentials are worth keeping. Logged out and paired: worth another try on command.</summary>
    public bool Paired { get; init; }

    /// <summary>The linking attempt under way.</summary>
    public LinkAttempt? Link { get; init; }

    /// <summary>Why the device that was just linked must be removed again, as soon as it is logged in.</summary>
    public Cause? Unwanted { get; init; }

    /// <summary>The credentials are to be wiped; saved before it is done, so that a crash in between cannot skip it.</summary>
    public bool WipeDue { get; init; }

    /// <summary>A 440 was answered by its one try already.</summary>
    public bool Replaced { get; init; }

    public bool CanSend => State is SessionState.Ready;

    /// <summary>The engine holds, or is opening, a connection.</summary>
    public bool IsOpen => State is SessionState.Connecting or SessionState.Linking or SessionState.Scanned or SessionState.Ready;

    public NumberStatus Status => State switch
    {
        SessionState.Ready => NumberStatus.Ready,
        SessionState.Scanned => NumberStatus.Connecting,
        SessionState.Pending or SessionState.Admitted or SessionState.Connecting =>
            Paired ? NumberStatus.Connecting : NumberStatus.LoggedOut,
        SessionState.Waiting => Paired ? NumberStatus.Disconnected : NumberStatus.LoggedOut,
        SessionState.Held or SessionState.Restricted or SessionState.Stopped => NumberStatus.Disconnected,
        SessionState.LoggedOut or SessionState.Linking or SessionState.Removed => NumberStatus.LoggedOut,
    };

    public NumberDetail? Detail => State switch
    {
        SessionState.Linking or SessionState.Scanned => NumberDetail.Linking,
        SessionState.Pending or SessionState.Admitted or SessionState.Connecting or SessionState.Waiting =>
            Link is null ? null : NumberDetail.Linking,
        SessionState.Restricted => NumberDetail.Restricted,
        SessionState.Stopped => NumberDetail.Stopped,
        SessionState.Ready or SessionState.Held or SessionState.LoggedOut or SessionState.Removed => null,
    };

    /// <summary>When the next attempt to connect is made, while one is waited for.</summary>
    public DateTimeOffset? NextAttemptAt => State switch
    {
        SessionState.Waiting or SessionState.Admitted or SessionState.Restricted => DueAt,
        SessionState.LoggedOut or SessionState.Pending or SessionState.Connecting or SessionState.Linking
            or SessionState.Scanned or SessionState.Ready or SessionState.Held or SessionState.Stopped
            or SessionState.Removed => null,
    };

    /// <summary>People see no difference between the two.</summary>
    internal bool ShowsLike(NumberSession other) =>
        Status == other.Status && Detail == other.Detail && Reason?.Code == other.Reason?.Code;

    /// <summary>
    /// A restart would notice the difference. How far an attempt to connect got is not saved: after a restart it starts
    /// over anyway.
    /// </summary>
    internal bool NeedsSaving(NumberSession next) => Durable(this) != Durable(next);

    private static NumberSession Durable(NumberSession session) => session.State switch
    {
        SessionState.Pending or SessionState.Admitted or SessionState.Connecting =>
            session with { State = SessionState.Pending, DueAt = null },
        SessionState.Ready => session with { DueAt = null },
        SessionState.LoggedOut or SessionState.Linking or SessionState.Scanned or SessionState.Waiting or SessionState.Held
            or SessionState.Restricted or SessionState.Stopped or SessionState.Removed => session,
    };

    /// <summary>Begins to link, in place of whatever attempt was under way.</summary>
    public NumberSession StartLink(LinkAttempt attempt, DateTimeOffset now) =>
        new NumberSession { State = SessionState.Pending, Link = attempt, WipeDue = true }.ChangedFrom(this, now);

    /// <summary>Brings back what was wanted, after the process that held the connection is gone.</summary>
    public NumberSession Resume(DateTimeOffset now) => State switch
    {
        SessionState.Pending or SessionState.Admitted or SessionState.Connecting or SessionState.Linking
            or SessionState.Scanned or SessionState.Ready => Link is { } link && !Paired && now >= link.StartedAt + LinkTimeout
                ? ToLoggedOut(LinkExpired, wipe: true, now)
                : ToPending(now),
        SessionState.Waiting or SessionState.Held or SessionState.Restricted or SessionState.LoggedOut
            or SessionState.Stopped or SessionState.Removed => this,
    };

    /// <summary>Gives the slot that the connect budget had free.</summary>
    public NumberSession Admit(DateTimeOffset slot, DateTimeOffset now) =>
        State is SessionState.Pending ? this with { State = SessionState.Admitted, DueAt = slot } : this;

    public NumberSession Stop(DateTimeOffset now) => State switch
    {
        SessionState.Removed or SessionState.Stopped => this,
        SessionState.LoggedOut => this,
        SessionState.Pending or SessionState.Admitted or SessionState.Connecting or SessionState.Linking
            or SessionState.Scanned or SessionState.Ready or SessionState.Waiting or SessionState.Held
            or SessionState.Restricted => Paired
                ? new NumberSession
                {
                    State = SessionState.Stopped, Paired = true, Until = Until,
                    Reason = new("stopped", "An admin stopped this number."),
                }.ChangedFrom(this, now)
                : ToLoggedOut(new("link_cancelled", "Linking was cancelled."), wipe: true, now),
    };

    /// <summary>Connects when an admin wants it: after a stop, and whenever the session waits only for a person.</summary>
    public NumberSession Start(DateTimeOffset now) => State switch
    {
        SessionState.Stopped or SessionState.Held or SessionState.Restricted => Reconnect(now),
        SessionState.LoggedOut or SessionState.Pending or SessionState.Admitted or SessionState.Connecting
            or SessionState.Linking or SessionState.Scanned or SessionState.Ready or SessionState.Waiting
            or SessionState.Removed => this,
    };

    /// <summary>Connects again now, whatever was waited for. Does nothing where no device is linked.</summary>
    public NumberSession Reconnect(DateTimeOffset now) =>
        Paired && State is not SessionState.Removed
            ? ToPending(now) with { Attempt = 0, Until = null, Replaced = false, Reason = null }
            : this;

    public NumberSession Remove(DateTimeOffset now) =>
        State is SessionState.Removed
            ? this
            : new NumberSession
            {
                State = SessionState.Removed, WipeDue = true, Reason = new("removed", "An admin unlinked this number."),
            }.ChangedFrom(this, now);

    public NumberSession Wiped() => this with { WipeDue = false };

    /// <summary>The credentials of a linked device are gone or cannot be read. Never a reason for a new identity.</summary>
    public NumberSession CredentialsLost(Cause reason, DateTimeOffset now) => ToLoggedOut(reason, wipe: false, now);

    /// <summary>The connection looks open but does not answer.</summary>
    public NumberSession Deaf(DateTimeOffset now, double random) =>
        IsOpen ? BackOff(DisconnectCause.Deaf, now, random) : this;

    /// <summary>The device that was linked is not one we want; it is removed as soon as it has logged in.</summary>
    public NumberSession Reject(Cause reason) => this with { Unwanted = reason };

    /// <summary>Moves what has fallen due.</summary>
    public NumberSession Tick(DateTimeOffset now, double random)
    {
        if (!IsDue(now))
        {
            return this;
        }

        return State switch
        {
            SessionState.Admitted =>
                (this with { State = SessionState.Connecting, DueAt = now + ConnectTimeout }).ChangedFrom(this, now),
            SessionState.Waiting or SessionState.Restricted => ToPending(now),
            SessionState.Connecting => BackOff(DisconnectCause.Of(DisconnectCause.TimedOut).Reason, now, random),
            SessionState.Linking or SessionState.Scanned => Paired
                ? ToPending(now)
                : ToLoggedOut(LinkExpired, wipe: true, now),
            SessionState.Ready => this with { DueAt = null, Attempt = 0, Replaced = false },
            SessionState.LoggedOut or SessionState.Pending or SessionState.Held or SessionState.Stopped
                or SessionState.Removed => this with { DueAt = null },
        };
    }

    /// <summary>What an engine reports. Only an open session listens: what arrives late changes nothing.</summary>
    public NumberSession On(EngineEvent evt, DateTimeOffset now, double random) => evt switch
    {
        _ when !IsOpen => this,
        EngineEvent.LinkOffered when Link is { } link && !Paired => (this with
        {
            State = SessionState.Linking, DueAt = link.StartedAt + LinkTimeout, Reason = null,
        }).ChangedFrom(this, now),
        EngineEvent.LinkScanned when !Paired => (this with
        {
            State = SessionState.Scanned, DueAt = now + ConnectTimeout + ConnectTimeout, Reason = null,
        }).ChangedFrom(this, now),
        EngineEvent.Linked => (this with
        {
            State = SessionState.Scanned, Paired = true, DueAt = now + ConnectTimeout, Reason = null,
        }).ChangedFrom(this, now),
        EngineEvent.Opened when Unwanted is { } unwanted => ToLoggedOut(unwanted, wipe: true, now),
        EngineEvent.Opened => new NumberSession
        {
            State = SessionState.Ready, Paired = true, Attempt = Attempt, Replaced = Replaced, DueAt = now + StableAfter,
        }.ChangedFrom(this, now),
        EngineEvent.PingLost => Deaf(now, random),
        EngineEvent.Closed closed => Paired ? OnClosed(closed, now, random) : OnClosedUnpaired(closed, now, random),
        _ => this,
    };

    private NumberSession OnClosed(EngineEvent.Closed closed, DateTimeOffset now, double random)
    {
        var cause = DisconnectCause.Of(closed.Code);
        return cause.Action switch
        {
            DisconnectAction.ReconnectNow => ToPending(now) with { Reason = cause.Reason },
            DisconnectAction.BackOff => BackOff(cause.Reason, now, random),
            DisconnectAction.TrySlowly => ToWaiting(cause.Reason, ReconnectDelay.Slowly(random), now),
            DisconnectAction.TryOnce => Replaced
                ? (this with { State = SessionState.Held, Reason = cause.Reason, DueAt = null, Attempt = Attempt + 1 }).ChangedFrom(this, now)
                : ToWaiting(cause.Reason, ReplacedDelay, now) with { Replaced = true },
            DisconnectAction.RestrictUntil => (this with
            {
                // Without an end from the network, ask again slowly rather than never.
                State = SessionState.Restricted, Reason = cause.Reason, Until = closed.Until,
                DueAt = closed.Until ?? now + ReconnectDelay.Slowly(random), Attempt = Attempt + 1,
            }).ChangedFrom(this, now),
            DisconnectAction.Restrict => (this with
            {
                State = SessionState.Restricted, Reason = cause.Reason, Until = closed.Until, DueAt = null, Attempt = Attempt + 1,
            }).ChangedFrom(this, now),
            DisconnectAction.LogOutAndWipe => ToLoggedOut(cause.Reason, wipe: true, now),
            DisconnectAction.LogOut => ToLoggedOut(cause.Reason, wipe: false, now),
        };
    }

    // No device is linked yet: nothing is worth keeping, and the attempt goes on with a fresh identity until its time is up.
    private NumberSession OnClosedUnpaired(EngineEvent.Closed closed, DateTimeOffset now, double random)
    {
        if (closed.Code is DisconnectCause.TimedOut || Link is not { } link || now >= link.StartedAt + LinkTimeout)
        {
            return ToLoggedOut(LinkExpired, wipe: true, now);
        }

        return closed.Code is DisconnectCause.LoggedOut
            ? ToPending(now) with { WipeDue = true }
            : BackOff(DisconnectCause.Of(closed.Code).Reason, now, random) with { WipeDue = true };
    }

    private NumberSession BackOff(Cause reason, DateTimeOffset now, double random) =>
        ToWaiting(reason, ReconnectDelay.FullJitter(Attempt + 1, random), now);

    private NumberSession ToWaiting(Cause reason, TimeSpan delay, DateTimeOffset now) => (this with
    {
        State = SessionState.Waiting, Reason = reason, DueAt = now + delay, Attempt = Attempt + 1,
    }).ChangedFrom(this, now);

    private NumberSession ToPending(DateTimeOffset now) =>
        (this with { State = SessionState.Pending, DueAt = null }).ChangedFrom(this, now);

    private NumberSession ToLoggedOut(Cause reason, bool wipe, DateTimeOffset now) =>
        new NumberSession { State = SessionState.LoggedOut, Reason = reason, WipeDue = wipe, Paired = Paired && !wipe }.ChangedFrom(this, now);

    // A clock that jumped back must not prolong a wait: what lies further ahead than the state ever waits is due as well.
    private bool IsDue(DateTimeOffset now) => DueAt is { } due && (due <= now || due - now > LongestWait);

    private TimeSpan LongestWait => State switch
    {
        SessionState.Restricted when Until is not null => TimeSpan.MaxValue,
        SessionState.Linking => LinkTimeout,
        SessionState.Admitted => TimeSpan.FromDays(1),
        SessionState.Waiting or SessionState.Restricted => ReconnectDelay.Slow * 1.25,
        SessionState.Connecting or SessionState.Scanned or SessionState.Ready or SessionState.LoggedOut
            or SessionState.Pending or SessionState.Held or SessionState.Stopped or SessionState.Removed => ConnectTimeout * 2,
    };

    // The status keeps its "since" as long as people see the same status, detail and reason.
    private NumberSession ChangedFrom(NumberSession before, DateTimeOffset now) =>
        ShowsLike(before) && before.Since != default
            ? this with { Since = before.Since }
            : this with { Since = now };
}

/// <summary>A linking attempt.</summary>
/// <param name="Phone">For a pairing code: who will type it (digits); null for a QR code.</param>
/// <param name="Replace">A different phone than before may take this number's place.</param>
public sealed record LinkAttempt(string? Phone, bool Replace, DateTimeOffset StartedAt);
