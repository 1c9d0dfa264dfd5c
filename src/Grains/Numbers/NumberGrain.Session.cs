using Loopwave.Deployment;
using Loopwave.Engines;
using Loopwave.Messages;

namespace Loopwave.Numbers;

/// <summary>The session: saved first, then acted upon. An act that a crash cut off falls due again.</summary>
internal sealed partial class NumberGrain
{
    private Connection? _connection;
    private int _connections;
    private bool _inHurry;
    private bool _isActDue;

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
        if (next.Session.IsRemoved && !before.Session.IsRemoved)
        {
            work.Removed();
        }

        await Commit(work);
        LogStep(before.Session, next.Session);
    }

    private void LogStep(NumberSession before, NumberSession next)
    {
        if (!before.ShowsLike(next))
        {
            LogMoved(logger, Number, next.Status, next.Detail, next.Reason?.Code, next.Attempt);
        }
    }

    /// <summary>Brings engine and credentials to where the session says they are. Doing it twice is harmless.</summary>
    private async Task Act()
    {
        await _acting.WaitAsync();
        try
        {
            while (!_stale && !_isLeaving && await ActOnce())
            {
            }

            _isActDue = false;
        }
        catch (Exception exception)
        {
            // What was decided is saved; acting on it is tried again by the timer, also when somebody else has what is stored read meanwhile.
            _isActDue = true;
            if (exception is not StorageUnavailableException)
            {
                throw;
            }

            Missed(exception, "the session");
        }
        finally
        {
            _acting.Release();
        }

        Arm();
        Pump();
    }

    /// <summary>The same for whoever does not wait for it.</summary>
    private async Task ActBeside()
    {
        try
        {
            await Act();
        }
        catch (Exception exception) when (exception is not NumberNotOwnedException)
        {
            Missed(exception, "the session");
            Arm();
        }
    }

    private bool IsActing => _acting.CurrentCount == 0;

    private async Task<bool> ActOnce()
    {
        var session = Session;
        if (_incarnation != context.Lease.Incarnation)
        {
            TakeAnew();
            return false;
        }

        // Whoever stores it acts upon it; when that fails, the session is what it was before.
        if (!State.IsSettled)
        {
            return false;
        }

        if (session.CanLogOut && _engineOpen)
        {
            await LogOut();
            return true;
        }

        if (session.WipeDue)
        {
            await CloseEngine();
            if (!await ports.Credentials.Wipe(Number, State.Epoch))
            {
                GiveUpOwnership();
                return false;
            }

            _owed = null;
            await Step(now => now.Wiped());
            return true;
        }

        if ((_engineOpen || _mayBeOpen) && !session.IsOpen)
        {
            return (_engineOpen || CloseAgainIn <= TimeSpan.Zero) && await CloseEngine();
        }

        if (!_engineOpen && session.IsOpen && session.State is not SessionState.Connecting)
        {
            // The connection went, and the write that was to say so failed.
            await Step(now => now.On(new EngineEvent.Closed(DisconnectCause.ConnectionLost), Now, context.Random));
            return true;
        }

        if (session.State is SessionState.Pending && (State.Document.Desired is DesiredState.Started || session.LogOutDue is not null))
        {
            await AskForTurn();
            return true;
        }

        if (session.State is SessionState.Connecting && !_engineOpen)
        {
            // By an attempt that seemed to have failed. Opened once more, it would not say again that it is.
            if (_mayBeOpen && (CloseAgainIn > TimeSpan.Zero || !await CloseEngine()))
            {
                return false;
            }

            await OpenEngine();
            return Session.State is not SessionState.Connecting;
        }

        return false;
    }

    private async Task AskForTurn()
    {
        var network = State.Document.Engine;
        var isWhatsApp = network is EngineKind.WhatsApp;
        if (isWhatsApp && context.Version.IsRefused && await context.Version.MayConnect(connects: false) is not true)
        {
            await Step(session => session.Outdated(Now, context.Random));
            return;
        }

        _inHurry = IsWaitedFor;
        var wait = await context.Turns.Reserve(network, Number, _inHurry);

        // While the version is refused, another one in line may have tried for all.
        if (isWhatsApp && wait <= TimeSpan.Zero)
        {
            switch (await context.Version.MayConnect(connects: true))
            {
                case false:
                    await Step(session => session.Outdated(Now, context.Random));
                    return;
                case null:
                    wait = ConnectTurns.AskAgainAfter;
                    break;
            }
        }

        await Step(session => session.Admit(Now + wait, Now));
    }

    /// <summary>A number in line that somebody waits for by now asks again, to come before the others.</summary>
    private Task Hurry() =>
        Session.State is SessionState.Admitted && IsWaitedFor && !_inHurry ? Move(session => session.Hurry(Now)) : Task.CompletedTask;

    // By a person in front of a code or at the phone's list of devices, or by messages to be sent.
    private bool IsWaitedFor => (Session.Link is not null && !Session.Paired) || Session.LogOutDue is not null || _queue.Count > 0;
}
