using System.Security.Cryptography;
using Loopwave.Chats;
using Loopwave.Engines;

namespace Loopwave.Sandbox;

/// <summary>
/// The engine of sandbox numbers: the client's side of a network that is simulated in this process. Same events, epochs,
/// acknowledgements and cursors as the engine of real numbers. Safe to call from anywhere.
/// </summary>
internal sealed class SandboxEngine(
    SandboxClient client, SandboxAnswers answers, SandboxHistoryBook history) : IEngine
{
    private SandboxNetwork Network => client.Network;

    public EngineKind Kind => EngineKind.Sandbox;

    public Task Open(EngineOpen request, CancellationToken cancellationToken) =>
        client.Open(request).WaitAsync(cancellationToken);

    public Task Close(string number, long epoch, CancellationToken cancellationToken)
    {
        client.Close(number, epoch, "closed");
        return Task.CompletedTask;
    }

    public Task CloseAll()
    {
        client.DropAll(428);
        return Task.CompletedTask;
    }

    public void OfferAgain() => client.OfferAgain();

    public async Task LogOut(string number, long epoch, CancellationToken cancellationToken)
    {
        var connection = client.Require(number, epoch);
        var change = Network.Change(connection.Subscriber, account => account with { DeviceKey = null });
        await SandboxClient.Guarded(change).WaitAsync(cancellationToken);
        client.Close(number, epoch, "logged_out");
    }

    public Task Acknowledge(string number, EngineCursor cursor, CancellationToken cancellationToken)
    {
        client.Acknowledge(number, cursor);
        return Task.CompletedTask;
    }

    public async Task<byte[]> Prepare(
        string number, long epoch, OutboundMessage message, CancellationToken cancellationToken)
    {
        client.Require(number, epoch);
        var behaviour = SandboxRecipients.Of(message.Jid);
        if (behaviour is SandboxBehaviour.NotOnWhatsApp or SandboxBehaviour.OtherForm)
        {
            throw new EngineException(EngineError.Rejected, "The recipient is not on WhatsApp.", "not_on_whatsapp");
        }

        if (behaviour is SandboxBehaviour.Unbuildable)
        {
            throw new EngineException(EngineError.Rejected, "The network refuses this message.", "media_rejected");
        }

        return await SandboxWire.Build(message, cancellationToken);
    }

    public async Task Relay(
        string number, long epoch, string whatsAppId, string jid, byte[] prepared, CancellationToken cancellationToken)
    {
        var connection = client.Require(number, epoch);
        var wire = SandboxWire.Read(prepared) with { WhatsAppId = whatsAppId, Jid = jid };
        if (connection.Deaf)
        {
            return;
        }

        var subscriber = connection.Subscriber;
        if (subscriber.Waiting >= Network.Options.MaxWaiting)
        {
            throw new EngineException(EngineError.NotSent, "Too much waits for the number to be acknowledged.");
        }

        var now = Network.Now;
        var arrival = new SandboxArrivalRow(
            number, whatsAppId, jid, SandboxPeople.Chat(jid), wire.Kind.ToString().ToLowerInvariant(), wire.Emoji ?? wire.Text,
            0, connection.Id, epoch, now, Convert.ToHexStringLower(SHA256.HashData(prepared)));
        var answer = answers.To(number, wire, subscriber.Account.Faults, now);
        await SandboxClient.Guarded(Network.Receive(subscriber, connection, arrival, answer)).WaitAsync(cancellationToken);
    }

    public Task<RecipientCheck> Resolve(string number, long epoch, string phone, CancellationToken cancellationToken)
    {
        client.Require(number, epoch);
        var jid = SandboxPeople.Jid(phone);
        var behaviour = SandboxRecipients.Of(jid);
        if (SandboxPeople.PhoneOf(jid) is not { } known || behaviour is SandboxBehaviour.NotOnWhatsApp)
        {
            return Task.FromResult(new RecipientCheck(false, null, null));
        }

        known = behaviour is SandboxBehaviour.OtherForm ? SandboxRecipients.OtherForm : known;
        var lid = behaviour is SandboxBehaviour.AnswersHidden ? null : SandboxPeople.Lid(known);
        return Task.FromResult(new RecipientCheck(true, SandboxPeople.Jid(known), lid));
    }

    public async Task FetchMedia(
        string number, long epoch, RemoteFile file, string targetPath, long maxBytes, CancellationToken cancellationToken)
    {
        var connection = client.Require(number, epoch);
        if (connection.Subscriber.Account.Faults.MediaGone || SandboxFiles.Read(file.Locator) is not { } content)
        {
            throw new EngineException(EngineError.Gone, "The file is no longer on the servers.");
        }

        if (content.Length > maxBytes)
        {
            throw new EngineException(EngineError.Rejected, "The file is too large.", EngineException.TooLarge);
        }

        try
        {
            var partial = targetPath + ".part";
            await File.WriteAllBytesAsync(partial, content, cancellationToken);
            File.Move(partial, targetPath, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException(EngineError.Unavailable, "The file could not be written.");
        }
    }

    public async Task RequestHistory(
        string number, long epoch, EngineHistoryRequest request, CancellationToken cancellationToken)
    {
        var subscriber = client.Require(number, epoch).Subscriber;
        var account = subscriber.Account;
        if (account.Faults.PhoneOff)
        {
            return;
        }

        var answer = history.Older(number, Network.Past(account), account.HistoryAt, request);
        var post = Network.Post(subscriber, [new(Network.Options.EchoDelay, answer)]);
        await SandboxClient.Guarded(post).WaitAsync(cancellationToken);
    }

    public Task SetPresence(string number, long epoch, string jid, PresenceState state, CancellationToken cancellationToken)
    {
        var connection = client.Require(number, epoch);
        if (!connection.Deaf)
        {
            connection.Subscriber.Show(new SandboxTyping(SandboxPeople.Chat(jid), state, Network.Now));
        }

        return Task.CompletedTask;
    }

    public async Task MarkRead(
        string number, long epoch, string jid, IReadOnlyList<ReadMark> messages, CancellationToken cancellationToken)
    {
        client.Require(number, epoch);
        var marking = Network.Record.MarkRead(number, [.. messages.Select(mark => mark.WhatsAppId)], Network.Now);
        await SandboxClient.Guarded(marking).WaitAsync(cancellationToken);
    }
}
