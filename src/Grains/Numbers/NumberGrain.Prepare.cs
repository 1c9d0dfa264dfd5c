using Loopwave.Engines;
using Loopwave.Media;
using Loopwave.Messages;
using Loopwave.Telemetry;

namespace Loopwave.Numbers;

/// <summary>What a claimed row needs before it can be handed over: a recipient who exists, its file, and its bytes.</summary>
internal sealed partial class NumberGrain
{
    // A file has to be uploaded; without one it is a question or two, for which an engine host has its own, shorter limits.
    private static readonly TimeSpan UploadTimeout = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan PrepareTimeout = TimeSpan.FromSeconds(45);

    /// <summary>What is handed over.</summary>
    /// <param name="Jid">The address it goes to: the network's own form of the phone that was asked for.</param>
    /// <param name="Check">What the network said of the recipient, when it was asked just now.</param>
    private sealed record Built(byte[] Bytes, string Jid, RecipientCheck? Check);

    private async Task<Built> Build(QueueItem item)
    {
        using var span = Tracing.Prepare(item, State.Document.Engine);
        try
        {
            return await Prepared(item);
        }
        catch (Exception exception)
        {
            span.Failed(exception);
            throw;
        }
    }

    private async Task<Built> Prepared(QueueItem item)
    {
        var message = await Subject(item) ?? throw new InvalidOperationException($"Message {item.Message} is gone.");
        if (item.Kind is not OutboundKind.Message && message.WasNeverSent())
        {
            throw new EngineException(EngineError.Gone, "The message was never sent.", "never_sent");
        }

        var media = item.Kind is OutboundKind.Message ? message.Media : null;
        using var timeout = new CancellationTokenSource(media is null ? PrepareTimeout : UploadTimeout, context.Clock);
        var (jid, check) = await Verify(item, timeout.Token);
        using var file = media is not null ? await File(media, timeout.Token) : null;
        var outbound = await Outbound(item with { Jid = jid }, message, file);
        try
        {
            return new Built(await _engine.Prepare(Number, State.Epoch, outbound, timeout.Token), jid, check);
        }
        catch (EngineException exception) when (exception is { Error: EngineError.Unavailable, Code: null, HostEnded: false } && outbound.File is not null)
        {
            throw new EngineException(exception.Error, "The file could not be uploaded to WhatsApp.", "media_upload_failed");
        }
    }

    // What became of a message is stored under the turn. An edit of it waits for that, so that it is not read as it was before.
    private async Task<MessageDocument?> Subject(QueueItem item)
    {
        if (item.Kind is not OutboundKind.Message)
        {
            await _turn.WaitAsync();
            _turn.Release();
        }

        return await LoadMessage(item.Message);
    }

    /// <summary>
    /// Asks the network once who is behind a phone that nobody of this number has written with: some countries write one phone
    /// in several ways, and only the network knows which of them is an address.
    /// </summary>
    private async Task<(string Jid, RecipientCheck? Check)> Verify(QueueItem item, CancellationToken cancellationToken)
    {
        var chat = await State.Book.LoadChat(item.Chat);
        if (chat is null || Jids.Phone(item.Jid) is not { } phone)
        {
            return (item.Jid, null);
        }

        if (chat.Verified)
        {
            // A row from before somebody asked still has the phone as it was written then.
            return (Jids.Phone(chat.Jid) is null ? item.Jid : chat.Jid, null);
        }

        var check = await _engine.Resolve(Number, State.Epoch, phone, cancellationToken);
        if (!check.OnWhatsApp)
        {
            throw new EngineException(EngineError.Rejected, "Nobody with this number is on WhatsApp.", "not_on_whatsapp");
        }

        return (check.Jid is { } jid && Jids.Phone(jid) is not null ? jid : item.Jid, check);
    }

    private async Task<OutboundMessage> Outbound(QueueItem item, MessageDocument message, FileToSend? file)
    {
        var target = item.Kind is OutboundKind.Message
            ? message.ReplyTo is { } reply ? await LoadMessage(reply) : null
            : message;
        return new OutboundMessage
        {
            Kind = item.Kind,
            WhatsAppId = item.WhatsAppId,
            Jid = item.Jid,
            Type = message.Type,
            Text = item.Kind is OutboundKind.Edit ? item.Argument : message.Text,
            Emoji = item.Kind is OutboundKind.Reaction ? item.Argument : null,
            File = file?.Described,
            Location = message.Location,
            Mentions = message.Mentions,
            Target = target is null ? null : await Target(target, isAnswered: item.Kind is OutboundKind.Message),
        };
    }

    private async Task<TargetMessage> Target(MessageDocument message, bool isAnswered)
    {
        var named = new TargetMessage(message.WhatsAppId, message.FromMe, message.FromMe ? null : message.Author.Jid);
        if (!isAnswered)
        {
            return named;
        }

        var words = message.Text ?? message.Location?.Name ?? message.Poll?.Question ?? (message.Contacts is [var card, ..] ? card.Name : null);
        var file = message is { Type: MessageType.Document, Media: { } id } ? (await ports.Media.Get([id])).GetValueOrDefault(id) : null;
        return named with { Text = words, Type = message.Type, FileName = file?.FileName };
    }

    private async Task<FileToSend> File(string id, CancellationToken cancellationToken)
    {
        var media = (await ports.Media.Get([id])).GetValueOrDefault(id);
        var file = media?.Hash is { } hash ? await ports.Files.Lend(hash, cancellationToken) : null;
        return media is null || file is null
            ? throw new EngineException(EngineError.Rejected, "The file to send is no longer here.", "media_missing")
            : new FileToSend(file, new OutboundFile(file.Path, media.MimeType, media.FileName, media.DurationSeconds));
    }

    /// <summary>A file that is on this machine until the engine has read it.</summary>
    private sealed record FileToSend(LentFile Lent, OutboundFile Described) : IDisposable
    {
        public void Dispose() => Lent.Dispose();
    }
}
