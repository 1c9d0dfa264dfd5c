using Loopwave.Chats;
using Loopwave.Engines;
using Loopwave.Messages;
using Loopwave.Telemetry;

namespace Loopwave.Numbers;

/// <summary>The way out, first half: what is accepted here is durable, under an id that never changes.</summary>
internal sealed partial class NumberGrain
{
    private readonly HashSet<(string Scope, string Key)> _accepting = [];

    public async Task<Outcome<SentMessage>> Send(NumberSend send)
    {
        using var span = Tracing.Accept();

        // One request at a time for each idempotency key; the second of two at once is told so.
        var keys = send.Idempotency.Select(one => (one.Scope, one.Key)).ToList();
        if (keys.Any(_accepting.Contains))
        {
            return new Refusal(RefusalCode.IdempotencyConflict, "The same request is being carried out at this moment.", TimeSpan.FromSeconds(1));
        }

        _accepting.UnionWith(keys);
        try
        {
            var id = NewId.Message(Now, _state?.Take() ?? 0);
            var again = false;
            return await OnNumber(() =>
            {
                var accepted = again ? AcceptAgain(send, id) : Accept(send, id);
                again = true;
                return accepted;
            });
        }
        finally
        {
            _accepting.ExceptWith(keys);
        }
    }

    public async Task<Refusal?> CheckSend(NumberSend send)
    {
        var check = await OnNumber<bool>(async () => (await RefuseContent(send) ?? Refuse(send)) is { } refusal ? refusal : true);
        return check.Refusal;
    }

    public Task<Outcome<MessageView>> React(string message, string emoji, MessageAuthor author) =>
        ActOn(message, OutboundKind.Reaction, emoji);

    public Task<Outcome<MessageView>> Edit(string message, string text, MessageAuthor author) =>
        ActOn(message, OutboundKind.Edit, text);

    public async Task<Outcome<MessageView>> Delete(string message, MessageAuthor author) => await OnNumber<MessageView>(async () =>
    {
        await _turn.WaitAsync();
        try
        {
            if (_queue.FindByMessage(message) is { State: QueueState.Queued, Attempts: 0 } waiting)
            {
                return await Cancel(waiting);
            }
        }
        finally
        {
            _turn.Release();
        }

        return await AcceptAction(message, OutboundKind.Revoke, null);
    });

    private Task<Outcome<MessageView>> ActOn(string message, OutboundKind kind, string argument) =>
        OnNumber(() => AcceptAction(message, kind, argument));

    // A write that nobody answered may have been done after all. Under its own id it is found then, and not done again.
    private async Task<Outcome<SentMessage>> AcceptAgain(NumberSend send, string id)
    {
        var jid = _queue.FindByMessage(id)?.Jid;
        if (jid is null && await ports.Messages.Get(id) is { } message)
        {
            jid = (await State.Book.LoadChat(message.Chat))?.Jid ?? send.Jid;
        }

        if (jid is null)
        {
            return await Accept(send, id);
        }

        context.Sends.Accepted(State.Document.Engine);
        return Answer(send, jid, id);
    }

    private async Task<Outcome<SentMessage>> Accept(NumberSend send, string id)
    {
        foreach (var key in send.Idempotency)
        {
            if (await ports.Numbers.FindIdempotent(key.Scope, key.Key) is { } before)
            {
                return await Replay(send, key, before);
            }
        }

        if ((await RefuseContent(send) ?? Refuse(send)) is { } refusal)
        {
            return refusal;
        }

        // From here to the commit nothing waits, so the order of acceptance is the order of the sequence numbers.
        var work = NewWork();
        var chat = work.Chat(work.Party(send.Jid, null), send.Jid, null);
        var message = NewMessage(send, id, chat);
        var item = NewItem(message.Id, OutboundKind.Message, message.WhatsAppId, chat, send.SendAt, null);
        work.Add(message);
        work.Enqueue(item);
        work.Put(chat.With(message, unread: false, item.Sequence, Now));
        foreach (var key in send.Idempotency)
        {
            work.Remember(new IdempotencyRecord(key, message.Id, Now));
        }

        _queue.Accept(item, Now);
        await Commit(work);
        _queue.Accepted(item.Sequence);
        context.Sends.Accepted(work.Number.Engine);
        Pump();
        return Answer(send, chat.Jid, id);
    }

    private SentMessage Answer(NumberSend send, string jid, string id) => new(AnswerStatus(send), jid, Number, id);

    private async Task<Refusal?> RefuseContent(NumberSend send)
    {
        if (send.Media is { } media && (await ports.Media.Get([media])).Count == 0)
        {
            return new Refusal(RefusalCode.InvalidInput, "There is no file with this id. Upload it first.");
        }

        await State.Book.Load([send.Jid]);
        if (send.ReplyTo is { } reply && !await IsInChat(reply, send.Jid))
        {
            return new Refusal(RefusalCode.InvalidInput, "The message to reply to is not in this chat.");
        }

        return null;
    }

    private Refusal? Refuse(NumberSend send)
    {
        if (Session.IsRemoved || (!Session.CanSend && !send.QueueWhenOffline && send.SendAt is null))
        {
            return new Refusal(RefusalCode.NoReadySession, "The number is not ready to send.");
        }

        return _queue.IsFull
            ? new Refusal(RefusalCode.QueueFull, "The number's queue is full.", _queue.RetryAfter)
            : null;
    }

    private async Task<Outcome<SentMessage>> Replay(NumberSend send, Messages.IdempotencyKey key, IdempotencyRecord before)
    {
        if (before.Key.BodyHash != key.BodyHash)
        {
            return new Refusal(RefusalCode.IdempotencyMismatch, "This key was used for another request.");
        }

        var message = await ports.Messages.Get(before.Result);
        var chat = message is null ? null : await State.Book.LoadChat(message.Chat);
        return Answer(send, chat?.Jid ?? send.Jid, before.Result);
    }

    // The documented answer is "sent"; the other words are only for callers who asked for something else.
    private MessageStatus AnswerStatus(NumberSend send) =>
        send.SendAt is not null ? MessageStatus.Scheduled
        : send.QueueWhenOffline && !Session.CanSend ? MessageStatus.Queued
        : MessageStatus.Sent;

    private MessageDocument NewMessage(NumberSend send, string id, ChatDocument chat)
    {
        var status = send.SendAt is null ? MessageStatus.Queued : MessageStatus.Scheduled;
        return new MessageDocument
        {
            Id = id,
            Number = Number,
            Chat = chat.Id,
            WhatsAppId = context.Ids.For(Number, id),
            FromMe = true,
            Author = send.Author,
            Type = send.Type,
            Text = send.Text,
            Media = send.Media,
            Location = send.Location,
            ReplyTo = send.ReplyTo,
            Mentions = send.Mentions,
            Status = status,
            Timestamp = Now,
            SendAt = send.SendAt,
            ClientMessageId = send.ClientMessageId,
            Timeline = [new StatusChange(status, Now)],
            Trace = Tracing.Current,
            UpdatedAt = Now,
        };
    }

    private QueueItem NewItem(string message, OutboundKind kind, string whatsAppId, ChatDocument chat, DateTimeOffset? sendAt, string? argument)
    {
        var due = sendAt ?? Now;
        return new QueueItem
        {
            Number = Number,
            Sequence = State.Take(),
            Chat = chat.Id,
            Message = message,
            Kind = kind,
            WhatsAppId = whatsAppId,
            Jid = chat.Jid,
            DueAt = due,
            ExpiresAt = due + context.Options.MessageTimeToLive,
            Argument = argument,
            Trace = Tracing.Current,
        };
    }

    private async Task<Outcome<MessageView>> AcceptAction(string id, OutboundKind kind, string? argument)
    {
        if (await ports.Messages.Get(id) is not { } message || message.Number != Number)
        {
            return new Refusal(RefusalCode.NotFound, "There is no message with this id.");
        }

        if (await State.Book.LoadChat(message.Chat) is not { } chat)
        {
            return new Refusal(RefusalCode.NotFound, "The chat of this message is gone.");
        }

        if (RefuseAction(message, kind) is { } refusal)
        {
            return refusal;
        }

        var work = NewWork();
        var item = NewItem(message.Id, kind, context.Ids.For(Number, NewId.Message(Now, State.Take())), chat, null, argument);
        work.Enqueue(item);
        _queue.Accept(item, Now);
        await Commit(work);
        _queue.Accepted(item.Sequence);
        Pump();
        return await MessageView(message);
    }

    private Refusal? RefuseAction(MessageDocument message, OutboundKind kind)
    {
        if (message.DeletedAt is not null)
        {
            return new Refusal(RefusalCode.Conflict, "The message was deleted.");
        }

        if (kind is OutboundKind.Edit or OutboundKind.Revoke && !message.FromMe)
        {
            return new Refusal(RefusalCode.Conflict, "Only our own messages can be edited or deleted.");
        }

        if (kind is not OutboundKind.Revoke && message.FromMe && message.Status is MessageStatus.Scheduled)
        {
            return new Refusal(RefusalCode.Conflict, "The message waits for its time. Take it back and send another one.");
        }

        if (message.WasNeverSent())
        {
            return new Refusal(RefusalCode.Conflict, "The message was never sent.");
        }

        // As a send that did not ask to wait: nobody counts on a change that comes a day later.
        if (!Session.CanSend)
        {
            return new Refusal(RefusalCode.NoReadySession, "The number is not ready.");
        }

        return _queue.IsFull ? new Refusal(RefusalCode.QueueFull, "The number's queue is full.", _queue.RetryAfter) : null;
    }

    private async Task<Outcome<MessageView>> Cancel(QueueItem item)
    {
        var message = await LoadMessage(item.Message) ?? throw new InvalidOperationException($"Message {item.Message} is gone.");
        var known = await Prepare([message], []);
        if (_queue.Find(item.Sequence) is not { State: QueueState.Queued })
        {
            // It left while its message was being read.
            return await AcceptAction(item.Message, OutboundKind.Revoke, null);
        }

        var work = NewWork();
        new Inbound(work, _queue, known.Messages, known.Canonical, known.Media).Cancel(item, message);
        await Commit(work);
        return await MessageView(message.Cancel(Now));
    }

    private async Task<bool> IsInChat(string id, string jid)
    {
        var message = await ports.Messages.Get(id);
        var chat = message is null ? null : await State.Book.LoadChat(message.Chat);
        return chat is not null && State.Book.Party(jid) is { } party && State.Book.ChatWith(party)?.Id == chat.Id;
    }

    private async Task<MessageView> MessageView(MessageDocument message)
    {
        var known = await Prepare([message], []);
        var chat = State.Book.Chat(known.Canonical.GetValueOrDefault(message.Chat, message.Chat))!;
        return message.View(chat.Id, chat.Jid, message.Media is { } media ? known.Media.GetValueOrDefault(media) : null);
    }
}
