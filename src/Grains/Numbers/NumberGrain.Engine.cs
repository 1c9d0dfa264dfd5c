using Loopwave.Engines;

namespace Loopwave.Numbers;

/// <summary>Opening and closing the connection to the network, and the secrets it takes.</summary>
internal sealed partial class NumberGrain
{
    private static readonly TimeSpan EngineTimeout = TimeSpan.FromSeconds(10);
    private bool _engineOpen;

    private async Task OpenEngine(IReadOnlyList<CredentialEntry>? credentials)
    {
        var link = credentials is null ? new EngineLink(Session.Link?.Phone) : null;
        try
        {
            using var timeout = new CancellationTokenSource(EngineTimeout, context.Clock);
            _engineOpen = true;
            await _engine.Open(new EngineOpen(Number, State.Epoch, credentials, link, await WayOut(timeout.Token)), timeout.Token);
        }
        catch (Exception exception) when (exception is EngineException or OperationCanceledException)
        {
            LogEngineRefused(logger, exception, Number, "open", (exception as EngineException)?.Error);
            _engineOpen = false;
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
            _engineOpen = false;
            _connection = null;
            await Step(session => session.LoggedOut(Now));
        }
        catch (Exception exception) when (exception is EngineException or OperationCanceledException)
        {
            LogEngineRefused(logger, exception, Number, "log out", (exception as EngineException)?.Error);
            await Step(session => session.LogOutFailed(Now, context.Random));
        }
    }

    private async Task CloseEngine()
    {
        if (!_engineOpen)
        {
            return;
        }

        _engineOpen = false;
        _connection = null;
        _offer = null;
        try
        {
            using var timeout = new CancellationTokenSource(EngineTimeout, context.Clock);
            await _engine.Close(Number, State.Epoch, timeout.Token);
        }
        catch (Exception exception) when (exception is EngineException or OperationCanceledException)
        {
            LogEngineRefused(logger, exception, Number, "close", (exception as EngineException)?.Error);
        }
    }
}
