using Loopwave.Chats;
using Loopwave.Engines;

namespace Loopwave.WhatsApp;

/// <summary>The engine of real numbers: every command goes to the host process that carries its number.</summary>
internal sealed class WhatsAppEngine(EngineHosts hosts) : IEngine
{
    public EngineKind Kind => EngineKind.WhatsApp;

    public Task Open(EngineOpen request, CancellationToken cancellationToken) => hosts.Open(request, cancellationToken);

    public Task Close(string number, long epoch, CancellationToken cancellationToken) => hosts.Close(number, epoch, cancellationToken);

    public Task CloseAll() => hosts.CloseAll();

    public void OfferAgain() => hosts.OfferAgain();

    public Task LogOut(string number, long epoch, CancellationToken cancellationToken) => hosts.LogOut(number, epoch, cancellationToken);

    public Task Acknowledge(string number, EngineCursor cursor, CancellationToken cancellationToken) =>
        hosts.Acknowledge(number, cursor, cancellationToken);

    public async Task<byte[]> Prepare(string number, long epoch, OutboundMessage message, CancellationToken cancellationToken)
    {
        var command = new PrepareCommand(number, epoch, message);
        return (await hosts.Call<PreparedMessage>(number, epoch, "prepare", command, cancellationToken)).Prepared
            ?? throw new EngineException(EngineError.Unavailable, "The engine host prepared nothing.");
    }

    public Task Relay(string number, long epoch, string whatsAppId, string jid, byte[] prepared, CancellationToken cancellationToken) =>
        hosts.Call<object?>(number, epoch, "relay", new RelayCommand(number, epoch, whatsAppId, jid, prepared), cancellationToken);

    public Task<RecipientCheck> Resolve(string number, long epoch, string phone, CancellationToken cancellationToken) =>
        hosts.Call<RecipientCheck>(number, epoch, "resolve", new ResolveCommand(number, epoch, phone), cancellationToken);

    public Task FetchMedia(string number, long epoch, RemoteFile file, string targetPath, long maxBytes, CancellationToken cancellationToken) =>
        hosts.Call<object?>(number, epoch, "fetchMedia", new FetchMediaCommand(number, epoch, file, targetPath, maxBytes), cancellationToken);

    public Task RequestHistory(string number, long epoch, EngineHistoryRequest request, CancellationToken cancellationToken)
    {
        var command = new RequestHistoryCommand(
            number, epoch, request.Request, request.Jid, request.Oldest, request.OldestAt, request.Count);
        return hosts.Call<object?>(number, epoch, "requestHistory", command, cancellationToken);
    }

    public Task SetPresence(string number, long epoch, string jid, PresenceState state, CancellationToken cancellationToken) =>
        hosts.Call<object?>(number, epoch, "setPresence", new SetPresenceCommand(number, epoch, jid, state), cancellationToken);

    public Task MarkRead(string number, long epoch, string jid, IReadOnlyList<ReadMark> messages, CancellationToken cancellationToken) =>
        hosts.Call<object?>(number, epoch, "markRead", new MarkReadCommand(number, epoch, jid, messages), cancellationToken);
}
