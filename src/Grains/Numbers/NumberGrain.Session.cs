using Loopwave.Deployment;
using Loopwave.Engines;
using Loopwave.Messages;

namespace Loopwave.Numbers;

/// <summary>The session: saved first, then acted upon. An act that a crash cut off falls due again.</summary>
internal sealed partial class NumberGrain
{
    private static readonly TimeSpan EngineTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryAfterFault = TimeSpan.FromSeconds(1);
    private static readonly Cause CredentialsUnreadable = new(
        "credentials_unreadable", "The stored credentials cannot be read. They were left as they are: restore them or their key, or link again.");

    private LinkOffer? _offer;
    private Connection? _connection;
    private bool _engineOpen;
    private int _connections;
    private DateTimeOffset? _pumpAt;
    private DateTimeOffset? _armedFor;

    public Task<Outcome<LinkView>> Link(LinkRequest request) => OnNumber<LinkView>(async () =>
    {
        if (Session is { Paired: true, State: not SessionState.LoggedOut } && !request.Replace)
        {
            return new Refusal(RefusalCode.AlreadyLinked, "A device is linked already. Unlink it first, or ask to replace it.");
        }

        var phone = request.Method is LinkMethod.Code ? Recipient.PhoneDigits(request.Phone ?? "") : null;
        if (request.Method is LinkMethod.Code && phone is null)
        {
            return new Refusal(RefusalCode.InvalidInput, "A pairing code needs the phone it is for: digits with country code.");
        }

        _offer = null;
        await Move(session => session.StartLink(new LinkAttempt(phone, request.Replace, Now), Now), document => document with { Desired = DesiredState.Started });
        KeepWhileStarted();
        return LinkView();
    });

    public Task<Outcome<LinkView>> GetLink() => OnNumber<LinkView>(() => Task.FromResult<Outcome<LinkView>>(LinkView()));

    private LinkView LinkView()
    {
        var offer = Session.State is SessionState.Linking ? _offer : null;
        return new LinkView
        {
            Status = Session.Status, Detail = Session.Detail, Reason = Session.Reason,
            Qr = offer?.Qr, Code = offer?.Code, ExpiresAt = offer?.ExpiresAt,
        };
    }

    /// <summary>Takes a step of the session: saves it if a restart would notice, then acts on it.</summary>
    private async Task Move(Func<NumberSession, NumberSession> step, Func<NumberDocument, NumberDocument>? also = null)
    {
        await Step(step, also);
        await Act();
    }

    private async Task Step(Func<NumberSession, NumberSession> step, Func<NumberDocument, NumberDocument>? also = null)
    {
        var before = State.Document;
        var next = before with { Session = step(before.Session) };
        next = also?.Invoke(next) ?? next;
        if (next == before)
        {
            return;
        }

        var work = NewWork();
        work.Change(next);
        if (next.Session.State is SessionState.Removed && before.Session.State is not SessionState.Removed)
        {
            work.Removed();
        }

        LogStep(before.Session, next.Session);
        await Commit(work);
    }

    private void LogStep(NumberSession before, NumberSession next)
    {
        if (!before.ShowsLike(next))
        {
            LogMoved(logger, Number, next.Status, next.Detail, next.Reason?.Code, next.Attempt);
            if (next.Reason?.Code == DisconnectCause.Of(405).Reason.Code)
            {
                LogClientOutdated(logger, Number);
            }
        }
    }

    /// <summary>Brings engine and credentials to where the session says they are. Doing it twice is harmless.</summary>
    private async Task Act()
    {
        await _acting.WaitAsync();
        try
        {
            while (!_stale && await ActOnce())
            {
            }
        }
        catch (StorageUnavailableException exception)
        {
            // What was decided is saved; acting on it is tried again by the timer.
            LogFailed(logger, exception, Number, "the session");
            State.Lane.Break();
        }
        finally
        {
            _acting.Release();
        }

        Arm();
        Pump();
    }

    private async Task<bool> ActOnce()
    {
        var session = Session;
        if (_incarnation != context.Lease.Incarnation)
        {
            await TakeAnew();
            return false;
        }

        if (session.WipeDue)
        {
            // Whatever device is logged in now will never be used again.
            await CloseEngine(logOut: true);
            if (!await ports.Credentials.Wipe(Number, State.Epoch))
            {
                await GiveUpOwnership();
                return false;
            }

            await Step(now => now.Wiped());
            return true;
        }

        if (_engineOpen && !session.IsOpen)
        {
            await CloseEngine();
            return true;
        }

        if (!_engineOpen && session.IsOpen && session.State is not SessionState.Connecting)
        {
            // The connection went, and the write that was to say so failed.
            await Step(now => now.On(new EngineEvent.Closed(DisconnectCause.ConnectionLost), Now, context.Random));
            return true;
        }

        if (session.State is SessionState.Pending && State.Document.Desired is DesiredState.Started)
        {
            var wait = context.Budget(State.Document.Engine).Reserve();
            await Step(now => now.Admit(Now + wait, Now));
            if (wait == TimeSpan.Zero)
            {
                await Step(now => now.Tick(Now, context.Random));
            }

            return true;
        }

        if (session.State is SessionState.Connecting && !_engineOpen)
        {
            await OpenEngine();
            return Session.State is not SessionState.Connecting;
        }

        return false;
    }

    private async Task OpenEngine()
    {
        if (!context.Lease.IsHeld)
        {
            // Without the lease nobody may open a connection; the timer looks again soon.
            return;
        }

        switch (await ports.Credentials.Load(Number))
        {
            case CredentialsRead.Unreadable unreadable when Session.Paired:
                LogCredentialsUnreadable(logger, Number, unreadable.Why);
                await Step(session => session.CredentialsLost(CredentialsUnreadable, Now));
                return;
            case CredentialsRead.Missing when Session.Paired:
                await Step(session => session.CredentialsLost(
                    new("credentials_missing", "The stored credentials are gone. Restore AUTH_DIR, or link the number again."), Now));
                return;
            case CredentialsRead.Found found when Session.Paired:
                await OpenEngine(found.Entries);
                return;
            default:
                await OpenEngine(null);
                return;
        }
    }

    private async Task OpenEngine(IReadOnlyList<CredentialEntry>? credentials)
    {
        var link = credentials is null ? new EngineLink(Session.Link?.Phone) : null;
        try
        {
            using var timeout = new CancellationTokenSource(EngineTimeout, context.Clock);
            _engineOpen = true;
            await _engine.Open(new EngineOpen(Number, State.Epoch, credentials, link), timeout.Token);
        }
        catch (Exception exception) when (exception is EngineException or OperationCanceledException)
        {
            LogEngineRefused(logger, exception, Number, "open", (exception as EngineException)?.Error);
            _engineOpen = false;
            await Step(session => session.On(new EngineEvent.Closed(DisconnectCause.ConnectionLost), Now, context.Random));
        }
    }

    private async Task CloseEngine(bool logOut = false)
    {
        if (!_engineOpen)
        {
            return;
        }

        _engineOpen = false;
        var connected = _connection is not null;
        _connection = null;
        _offer = null;
        try
        {
            using var timeout = new CancellationTokenSource(EngineTimeout, context.Clock);
            await (logOut && connected
                ? _engine.LogOut(Number, State.Epoch, timeout.Token)
                : _engine.Close(Number, State.Epoch, timeout.Token));
        }
        catch (Exception exception) when (exception is EngineException or OperationCanceledException)
        {
            LogEngineRefused(logger, exception, Number, "close", (exception as EngineException)?.Error);
        }
    }

    /// <summary>Sets the one timer to the next thing that falls due; none when nothing waits.</summary>
    private void Arm()
    {
        if (_state is null || _stale)
        {
            return;
        }

        var now = Now;
        DateTimeOffset? next = State.Lane.IsBroken ? now + RetryAfterFault : null;
        next = Earlier(next, now + Session.DueIn(now));
        next = Earlier(next, Session.State is SessionState.Connecting && !_engineOpen ? now + RetryAfterFault : null);
        next = Earlier(next, _pumpAt);
        next = Earlier(next, HistoryDeadline);
        if (next is not { } at)
        {
            _timer?.Dispose();
            _timer = null;
            _armedFor = null;
            return;
        }

        var wait = at - now;
        wait = wait <= TimeSpan.Zero ? TimeSpan.FromMilliseconds(1) : wait < LongestTimer ? wait : LongestTimer;
        _armedFor = at;
        if (_timer is null)
        {
            _timer = this.RegisterGrainTimer(OnTimer, new GrainTimerCreationOptions(wait, Timeout.InfiniteTimeSpan) { Interleave = true, KeepAlive = true });
        }
        else
        {
            _timer.Change(wait, Timeout.InfiniteTimeSpan);
        }
    }

    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(1);

    private async Task OnTimer(CancellationToken cancellationToken)
    {
        try
        {
            // The timer measured real time; a wall clock that was set back meanwhile does not make it wait once more.
            var waited = _armedFor;
            await Recover();
            await Move(session => (session.DueAt == waited && session.Until is null ? session with { DueAt = Now } : session).Tick(Now, context.Random));
            EndOverdueHistory();
        }
        catch (Exception exception) when (exception is not NumberNotOwnedException)
        {
            LogFailed(logger, exception, Number, "what fell due");
            State.Lane.Break();
            Arm();
        }
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) =>
        one is null ? other : other is null ? one : one < other ? one : other;

    private sealed record LinkOffer(string? Qr, string? Code, DateTimeOffset ExpiresAt);
}
