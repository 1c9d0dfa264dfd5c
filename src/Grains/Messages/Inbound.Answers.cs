using Loopwave.Chats;
using Loopwave.Engines;
using Loopwave.Telemetry;
using Loopwave.Webhooks;

namespace Loopwave.Messages;

/// <summary>What became of our own messages: the network answers, a person takes one back, or we give up.</summary>
internal sealed partial class Inbound
{
    /// <summary>A row of the queue is through, by the network's word or by a receipt that implies it.</summary>
    public void Settle(QueueItem item, MessageDocument message, DateTimeOffset at)
    {
        queue.Done(item.Sequence);
        work.Dequeue(item.Sequence);
        work.Answer(new AnsweredRow(item, item.Kind is OutboundKind.Message ? message.SendAt ?? message.Timestamp : null));
        switch (item.Kind)
        {
            case OutboundKind.Message:
                Sent(message, MessageStatus.Sent, at);
                break;
            case OutboundKind.Reaction:
                Update(message, "reactions", React(message, new Reaction(item.Argument ?? "", true, null, at)));
                break;
            case OutboundKind.Edit:
                Update(message, "text", message.Edit(item.Argument ?? "", at, work.Now));
                break;
            case OutboundKind.Revoke:
                Update(message, "deleted", message.Revoke(at, work.Now));
                break;
        }
    }

    /// <summary>A row of the queue ends without having been sent.</summary>
    public void GiveUp(QueueItem item, MessageDocument message, Cause error)
    {
        queue.Done(item.Sequence);
        work.Dequeue(item.Sequence);
        work.GiveUp(item);
        if (item.Kind is not OutboundKind.Message && message.WasNeverSent())
        {
            // What became of the message itself is said already, and that stays.
            return;
        }

        // What was to happen to a message that is out already did not: the message stays, and says what failed.
        var failed = item.Kind is OutboundKind.Message ? message.Fail(error, work.Now) : message.FailChange(error, work.Now);
        PutChanged(failed);
        work.Announce(sequence => PublicEvents.MessageStatus(View(failed), work.Now, sequence, work.Now));
    }

    /// <summary>A person took a message back before it was sent.</summary>
    public void Cancel(QueueItem item, MessageDocument message)
    {
        queue.Done(item.Sequence);
        work.Dequeue(item.Sequence);
        var cancelled = message.Cancel(work.Now);
        PutChanged(cancelled);
        work.Announce(sequence => PublicEvents.MessageStatus(View(cancelled), work.Now, sequence, work.Now));
    }

    private void Acknowledge(EngineEvent.ServerAcknowledged acknowledged)
    {
        var item = queue.FindByWhatsAppId(acknowledged.WhatsAppId);
        var message = item is null ? _known.Own(acknowledged.WhatsAppId) : _known.ById(item.Message);
        if (message is null)
        {
            return;
        }

        if (item is null)
        {
            // Late, after we had given up on it.
            if (acknowledged.Error is null)
            {
                Sent(message, MessageStatus.Sent, acknowledged.At);
            }
        }
        else if (acknowledged.Error is { } code)
        {
            GiveUp(item, message, MessageRules.Refused(code));
        }
        else
        {
            Settle(item, message, acknowledged.At);
        }
    }

    private void Receipt(string whatsAppId, EngineEvent.ReceiptReceived receipt)
    {
        if (queue.FindByWhatsAppId(whatsAppId) is { } item && _known.ById(item.Message) is { } waiting && IsOfItsChat(receipt, waiting))
        {
            Settle(item, waiting, receipt.At);
        }

        if (_known.Own(whatsAppId) is { } message && IsOfItsChat(receipt, message))
        {
            Sent(message, receipt.Kind is ReceiptKind.Read ? MessageStatus.Read : MessageStatus.Delivered, receipt.At);
        }
    }

    // Everybody of a group knows the ids of what was written there, and can send a receipt for them from anywhere. That of a message to
    // one person is known to that person alone, who may have an address that nobody knows yet.
    private bool IsOfItsChat(EngineEvent.ReceiptReceived receipt, MessageDocument message) =>
        _known.ChatOf(message) is { Type: ChatType.Group } group ? receipt.Jid == group.Jid : !Jids.IsGroup(receipt.Jid);

    // Moves one of our messages forward. The first step out of the queue is also the moment it is announced.
    private void Sent(MessageDocument message, MessageStatus status, DateTimeOffset at)
    {
        var first = message.Status is MessageStatus.Queued or MessageStatus.Scheduled || message.IsUncertain();
        var next = message.Advance(status, at, work.Now);
        if (ReferenceEquals(next, message))
        {
            return;
        }

        PutChanged(next);
        if (message.Trace is { } trace && status is MessageStatus.Delivered or MessageStatus.Read)
        {
            work.Follow(new FollowedReceipt(trace, status, message.Timeline is [.., var last] ? last.At : message.Timestamp, at));
        }

        if (first)
        {
            // What waited for long is the newest message of its chat only now.
            var chat = _known.ChatOf(next);
            work.Put(chat.With(next, unread: false, chat.AppliedSequence, work.Now));
            work.CountSent();
            work.Announce(sequence => PublicEvents.MessageCreated(View(next), sequence, work.Now));
            work.Active(chat.Id);
        }

        work.Announce(sequence => PublicEvents.MessageStatus(View(next), at, sequence, work.Now));
    }
}
