using Loopwave.Engines;

namespace Loopwave.Numbers;

/// <summary>Opening and closing the connection to the network, and the secrets it takes.</summary>
internal sealed partial class NumberGrain
{
    private static readonly TimeSpan EngineTimeout = TimeSpan.FromSeconds(10);
    private bool _engineOpen;
    private bool _isClosing;

    // Nobody has confirmed yet that what was opened, or may have been, is closed.
    private bool _mayBeOpen;

    // When closing failed last.
    private long? _notClosed;

    // How often a connection was begun here.
    private int _opens;
    private Joined? _close;

    private async Task OpenEngine(IReadOnlyList<CredentialEntry>? credentials)
    {
        var link = credentials is null ? new EngineLink(Session.Link?.Phone) : null;
        try
        {
            using var timeout = new CancellationTokenSource(EngineTimeout, context.Clock);
            _engineOpen = true;
            _opens++;
            var wayOut = await WayOut(timeout.Token);
            if (!context.Lease.IsHeld)
            {
                // It went while the credentials and the way out were looked up. The timer looks again soon.
                _engineOpen = false;
                return;
            }

            _mayBeOpen = true;
            await _engine.Open(new EngineOpen(Number, State.Epoch, credentials, link, wayOut), timeout.Token);
            if (!context.Lease.IsHeld)
            {
                // All connections were closed when it went, maybe a moment before there was this one.
                await CloseEngine();
            }
        }
        catch (Exception exception) when (exception is EngineException or OperationCanceledException)
        {
            LogEngineRefused(logger, exception, Number, "open", (exception as EngineException)?.Error);
            _engineOpen = false;
            _mayBeOpen &= exception is not EngineException;
            var reason = exception is EngineException { Code: { } code }
                ? new Cause(code, exception.Message)
                : DisconnectCause.Of(DisconnectCause.ConnectionLost).Reason;
            await Step(session => session.NotOpened(reason, Now, context.Random));
        }
    }

    private async Task LogOut()
    {
        try
        {
            using var timeout = new CancellationTokenSource(EngineTimeout, context.Clock);
            await _engine.LogOut(Number, State.Epoch, timeout.Token);
            NothingIsOpen();
            await Step(session => session.LoggedOut(Now));
        }
        catch (Exception exception) when (exception is EngineException or OperationCanceledException)
        {
            LogEngineRefused(logger, exception, Number, "log out", (exception as EngineException)?.Error);
            await Step(session => session.LogOutFailed(Now, context.Random));
        }
    }

    /// <summary>Closes what is open, or may be. False when nobody confirmed that it is closed, which is tried again.</summary>
    private async Task<bool> CloseEngine()
    {
        if (_engineOpen || _mayBeOpen)
        {
            _close ??= new Joined(CloseOnce);
            await _close.Run();
        }

        return !_mayBeOpen;
    }

    private async Task CloseOnce()
    {
        _engineOpen = false;
        _isClosing = true;
        _connection = null;
        _offer = null;
        try
        {
            using var timeout = new CancellationTokenSource(EngineTimeout, context.Clock);
            await _engine.Close(Number, State.Epoch, timeout.Token);
            (_mayBeOpen, _notClosed) = (false, null);
        }
        catch (Exception exception) when (exception is EngineException or OperationCanceledException)
        {
            LogEngineRefused(logger, exception, Number, "close", (exception as EngineException)?.Error);

            // Whoever has a higher epoch has ended ours.
            _mayBeOpen &= exception is not EngineException { Error: EngineError.StaleEpoch };
            _notClosed = context.Clock.GetTimestamp();
        }
        finally
        {
            _isClosing = false;
        }
    }

    // For when this activation is over: of it only what does not change any more is used.
    private Func<Task> CloseAgain(long epoch)
    {
        var (engine, number, clock) = (_engine, Number, context.Clock);
        return async () =>
        {
            using var timeout = new CancellationTokenSource(EngineTimeout, clock);
            try
            {
                await engine.Close(number, epoch, timeout.Token);
            }
            catch (EngineException exception) when (exception.Error is EngineError.StaleEpoch)
            {
                // Whoever has a higher epoch has ended ours.
            }
        };
    }

    // Everybody who waits to act would wait for a close of their own otherwise.
    private TimeSpan CloseAgainIn => _notClosed is { } failed && RetryAfterFault - context.Clock.GetElapsedTime(failed) is { Ticks: > 0 } left ? left : TimeSpan.Zero;

    // An end that was told before the last connection was begun is not the end of that one.
    private void ConnectionIsGone()
    {
        if (_opens == _opensBefore)
        {
            NothingIsOpen();
        }
    }

    private void NothingIsOpen() => (_engineOpen, _mayBeOpen, _connection, _offer) = (false, false, null, null);
}
