namespace Loopwave.Numbers;

/// <summary>Every state of a number's session. Names may be added; stored ones are never renamed.</summary>
public enum SessionState
{
    /// <summary>No device is linked, or it was unlinked. Waits for a person.</summary>
    LoggedOut,

    /// <summary>Wants to connect and asks the connect budget.</summary>
    Pending,

    /// <summary>Is in line for the connect budget, and asks it again at <c>DueAt</c>.</summary>
    Admitted,

    /// <summary>The engine is opening; gives up at <c>DueAt</c>.</summary>
    Connecting,

    /// <summary>A QR or pairing code is on screen; the attempt ends at <c>DueAt</c>.</summary>
    Linking,

    /// <summary>The phone took the code; the login follows.</summary>
    Scanned,

    /// <summary>Logged in. While <c>DueAt</c> is set, something of earlier troubles is still remembered.</summary>
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
public sealed partial record NumberSession
{
    internal static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(30);
    internal static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(30);
    internal static readonly TimeSpan ReplacedDelay = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Two who fight for one device may each hold it for longer than <see cref="StableAfter"/>; only after this long the
    /// next loss of the place counts as a new one.
    /// </summary>
    internal static readonly TimeSpan ReplacedMemory = TimeSpan.FromMinutes(10);

    private static readonly Cause ProxyChanged = new("proxy_changed", "The number's proxy was changed; it connects again.");

    private static readonly Cause LinkCancelled = new("link_cancelled", "Linking was cancelled.");
    private static readonly Cause Removed = new("removed", "An admin unlinked this number.");

    /// <summary>Clocks are set right by small steps all the time; one that goes back further than this has jumped.</summary>
    private static readonly TimeSpan ClockSlack = TimeSpan.FromSeconds(5);

    public SessionState State { get; init; } = SessionState.LoggedOut;

    /// <summary>When the public status last changed.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>When the session last moved, and so when waiting for <see cref="DueAt"/> began.</summary>
    public DateTimeOffset MovedAt { get; init; }
    public Cause? Reason { get; init; }

    /// <summary>When waiting ends.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>When a restriction ends, where known. Null once that was tried.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Failed attempts since the session was last stable.</summary>
    public int Attempt { get; init; }

    /// <summary>A device is linked and its credentials are worth keeping. Logged out and paired: worth another try on command.</summary>
    public bool Paired { get; init; }

    /// <summary>The linking attempt under way.</summary>
    public LinkAttempt? Link { get; init; }

    /// <summary>Why the device that was just linked must be removed again, as soon as it is logged in.</summary>
    public Cause? Unwanted { get; init; }

    /// <summary>The device is to be logged out at the network, before its credentials are wiped.</summary>
    public LogOutDue? LogOutDue { get; init; }

    /// <summary>The credentials are to be wiped; saved before it is done, so that a crash in between cannot skip it.</summary>
    public bool WipeDue { get; init; }

    /// <summary>A 440 was answered by its one try already, and that is not forgotten yet.</summary>
    public bool Replaced { get; init; }

    public bool CanSend => State is SessionState.Ready && LogOutDue is null;

    /// <summary>A device is linked, or being linked, whose secrets are worth keeping.</summary>
    private bool HasDevice => !WipeDue && LogOutDue is null && (Paired || (Link is not null && IsOpen));

    /// <summary>The engine holds, or is opening, a connection.</summary>
    public bool IsOpen => State is SessionState.Connecting or SessionState.Linking or SessionState.Scanned or SessionState.Ready;

    public NumberStatus Status => LogOutDue is not null ? NumberStatus.LoggedOut : State switch
    {
        SessionState.Ready => NumberStatus.Ready,
        SessionState.Scanned => NumberStatus.Connecting,
        SessionState.Pending or SessionState.Admitted or SessionState.Connecting =>
            Paired ? NumberStatus.Connecting : NumberStatus.LoggedOut,
        SessionState.Waiting => Paired ? NumberStatus.Disconnected : NumberStatus.LoggedOut,
        SessionState.Held or SessionState.Restricted or SessionState.Stopped => NumberStatus.Disconnected,
        SessionState.LoggedOut or SessionState.Linking or SessionState.Removed => NumberStatus.LoggedOut,
    };

    public NumberDetail? Detail => LogOutDue is not null ? (Link is null ? null : NumberDetail.Linking) : State switch
    {
        SessionState.Linking or SessionState.Scanned => NumberDetail.Linking,
        SessionState.Pending or SessionState.Admitted or SessionState.Connecting => Link is null ? null : NumberDetail.Linking,
        SessionState.Waiting => Link is null || Paired ? null : NumberDetail.Linking,
        SessionState.Restricted => NumberDetail.Restricted,
        SessionState.Stopped => NumberDetail.Stopped,
        SessionState.Ready or SessionState.Held or SessionState.LoggedOut or SessionState.Removed => null,
    };

    /// <summary>When the next attempt to connect is made, while one is waited for.</summary>
    public DateTimeOffset? NextAttemptAt => LogOutDue is not null ? null : State switch
    {
        SessionState.Waiting or SessionState.Admitted or SessionState.Restricted => DueAt,
        SessionState.LoggedOut or SessionState.Pending or SessionState.Connecting or SessionState.Linking
            or SessionState.Scanned or SessionState.Ready or SessionState.Held or SessionState.Stopped
            or SessionState.Removed => null,
    };

    /// <summary>People see no difference between the two.</summary>
    internal bool ShowsLike(NumberSession other) =>
        Status == other.Status && Detail == other.Detail && Reason?.Code == other.Reason?.Code;

    /// <summary>It has a device, and it is the one that <paramref name="other"/> has.</summary>
    internal bool HasDeviceOf(NumberSession other) =>
        HasDevice && other.HasDevice && Paired == other.Paired && (Paired || Link == other.Link);

    /// <summary>
    /// A restart would notice the difference. How far an attempt to connect got is not saved: after a restart it starts
    /// over anyway.
    /// </summary>
    internal bool NeedsSaving(NumberSession next) => Durable(this) != Durable(next);

    private static NumberSession Durable(NumberSession session) => session.State switch
    {
        SessionState.Pending or SessionState.Admitted or SessionState.Connecting =>
            session with { State = SessionState.Pending, DueAt = null, MovedAt = default },
        SessionState.Ready => session with { DueAt = null, MovedAt = default },
        SessionState.LoggedOut or SessionState.Linking or SessionState.Scanned or SessionState.Waiting or SessionState.Held
            or SessionState.Restricted or SessionState.Stopped or SessionState.Removed => session,
    };

    /// <summary>Begins to link, in place of whatever attempt was under way, and of a device that is linked.</summary>
    public NumberSession StartLink(LinkAttempt attempt, DateTimeOffset now) => Paired
        ? ToLogOut(SessionState.Pending, null, attempt, now)
        : new NumberSession { State = SessionState.Pending, Link = attempt, WipeDue = true }.ChangedFrom(this, now);

    /// <summary>Brings back what was wanted, after the process that held the connection is gone.</summary>
    public NumberSession Resume(DateTimeOffset now) => LogOutDue is not null ? ResumeLogOut(now) : State switch
    {
        SessionState.Pending or SessionState.Admitted or SessionState.Connecting or SessionState.Linking
            or SessionState.Scanned or SessionState.Ready =>
                Paired ? ToPending(Reason, now)
                : LinkIsOver(now) ? ToLinkExpired(now)
                : ToPending(Reason, now) with { WipeDue = true },
        SessionState.Waiting or SessionState.Held or SessionState.Restricted or SessionState.LoggedOut
            or SessionState.Stopped or SessionState.Removed => this,
    };

    /// <summary>What the connect budget said: it is this session's turn, or it will be at <paramref name="slot"/> and asks again then.</summary>
    public NumberSession Admit(DateTimeOffset slot, DateTimeOffset now) =>
        State is not SessionState.Pending ? this
        : slot > now ? (this with { State = SessionState.Admitted, DueAt = slot }).ChangedFrom(this, now)
        : (this with { State = SessionState.Connecting, DueAt = InLinkTime(now + ConnectTimeout) }).ChangedFrom(this, now);

    public NumberSession Stop(DateTimeOffset now) => LogOutDue is not null ? StopLogOut(now) : State switch
    {
        SessionState.Removed or SessionState.Stopped => this,
        SessionState.LoggedOut => this,
        SessionState.Pending or SessionState.Admitted or SessionState.Connecting or SessionState.Linking
            or SessionState.Scanned or SessionState.Ready or SessionState.Waiting or SessionState.Held
            or SessionState.Restricted => Paired
                ? new NumberSession
                {
                    State = SessionState.Stopped, Paired = true, Until = Until, Unwanted = Unwanted,
                    Reason = new("stopped", "An admin stopped this number."),
                }.ChangedFrom(this, now)
                : ToLoggedOut(LinkCancelled, wipe: true, now),
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
        Paired && LogOutDue is null
            ? ToPending(null, now) with { Attempt = 0, Replaced = false }
            : this;

    /// <summary>
    /// Another way to the network: what is connected, or tries to be, begins again over it. What waits for a person or for the
    /// end of a restriction goes on waiting, and a code that was just scanned is not lost.
    /// </summary>
    public NumberSession Reroute(DateTimeOffset now) => State switch
    {
        SessionState.LoggedOut or SessionState.Held or SessionState.Restricted or SessionState.Stopped or SessionState.Removed => this,
        SessionState.Ready when LogOutDue is not null => this,
        SessionState.Scanned when !Paired => this,
        SessionState.Pending or SessionState.Admitted or SessionState.Connecting or SessionState.Linking
            or SessionState.Scanned or SessionState.Ready or SessionState.Waiting =>
                Paired ? ToPending(LogOutDue is null ? ProxyChanged : Reason, now) with { Attempt = 0 }
                : LinkIsOver(now) ? ToLinkExpired(now)
                : ToPending(ProxyChanged, now) with { Attempt = 0, WipeDue = true },
    };

    public NumberSession Remove(DateTimeOffset now) =>
        IsRemoved ? this
        : Paired ? ToLogOut(SessionState.Removed, Removed, null, now)
        : new NumberSession { State = SessionState.Removed, WipeDue = true, Reason = Removed }.ChangedFrom(this, now);

    public NumberSession Wiped() => this with { WipeDue = false };

    /// <summary>The credentials of a linked device are gone or cannot be read. Never a reason for a new identity.</summary>
    public NumberSession CredentialsLost(Cause reason, DateTimeOffset now) =>
        !IsOpen || !Paired ? this
        : LogOutDue is null ? ToLoggedOut(reason, wipe: false, now)
        : ToParted(NotLoggedOut, now);

    /// <summary>The device that was linked is not one we want; it is removed as soon as it has logged in.</summary>
    public NumberSession Reject(Cause reason) => IsOpen ? this with { Unwanted = reason } : this;
}

/// <summary>A linking attempt.</summary>
/// <param name="Phone">For a pairing code: who will type it (digits); null for a QR code.</param>
/// <param name="Replace">A different phone than before may take this number's place.</param>
public sealed record LinkAttempt(string? Phone, bool Replace, DateTimeOffset StartedAt);
