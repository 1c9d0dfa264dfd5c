using Loopwave.Chats;
using Loopwave.Engines;
using Loopwave.Media;
using Loopwave.Numbers;

namespace Loopwave.Messages;

/// <summary>
/// What arrives from the network, applied to a change of the number. Everything it needs was read before; it decides and
/// never waits. Whatever arrives a second time changes nothing.
/// </summary>
/// <param name="known">The stored messages that the events may speak of, by network id.</param>
/// <param name="canonical">The canonical party of each stored sender, and the canonical chat of each stored chat.</param>
internal sealed partial class Inbound(
    NumberWork work,
    SendQueue queue,
    ILookup<string, MessageDocument> known,
    IReadOnlyDictionary<string, string> canonical,
    IReadOnlyDictionary<string, MediaDocument> media)
{
    private readonly KnownMessages _known = new(work, known, canonical);

    public void Apply(EngineEvent evt)
    {
        switch (evt)
        {
            case EngineEvent.MessageReceived received:
                Receive(received.Message, history: false);
                break;
            case EngineEvent.HistoryReceived older:
                foreach (var message in older.Messages)
                {
                    Receive(message, history: true);
                }

                break;
            case EngineEvent.ServerAcknowledged acknowledged:
                Acknowledge(acknowledged);
                break;
            case EngineEvent.ReceiptReceived receipt:
                foreach (var id in receipt.WhatsAppIds)
                {
                    Receipt(id, receipt);
                }

                break;
            case EngineEvent.ChatRead read:
                Read(read);
                break;
            case EngineEvent.ReactionReceived reaction:
                React(reaction);
                break;
            case EngineEvent.MessageEdited edited:
                if (MayChange(ChangeKind.Edit, edited.Jid, edited.OtherJid, edited.Target, edited.By) is { } written)
                {
                    Update(written, "text", written.Edit(edited.Text, edited.At, work.Now));
                }

                break;
            case EngineEvent.MessageRevoked revoked:
                if (MayChange(ChangeKind.Revoke, revoked.Jid, revoked.OtherJid, revoked.Target, revoked.By) is { } taken)
                {
                    Update(taken, "deleted", taken.Revoke(revoked.At, work.Now));
                }

                break;
            case EngineEvent.AliasLearned alias:
                work.Party(alias.PhoneJid, alias.Lid);
                break;
            case EngineEvent.Named named:
                Name(named);
                break;
            default:
                // What is about the connection was taken by the session.
                break;
        }
    }

    // A read that comes again must not take with it what arrived after it.
    private void Read(EngineEvent.ChatRead read)
    {
        if (work.Book.Party(read.Jid) is { } party && work.Book.ChatWith(party) is { } chat && chat.IsNews(read.At))
        {
            work.Put(chat.Read(work.Now) with { ReadAt = read.At });
            if (chat.UnreadCount > 0)
            {
                work.Active(chat.Id);
            }
        }
    }

    private void Name(EngineEvent.Named named)
    {
        var party = work.Party(named.Jid, null);
        if (!Jids.IsGroup(named.Jid))
        {
            work.Contact(party, named.Jid, named.Name, saved: named.Saved);
        }
        else if (work.Book.ChatWith(party) is { } chat)
        {
            if (chat.Name != named.Name)
            {
                work.Put(chat with { Name = named.Name, UpdatedAt = work.Now });
            }
        }
        else
        {
            work.KeepSubject(named.Jid, named.Name);
        }
    }

    private MessageView View(MessageDocument message)
    {
        var chat = _known.ChatOf(message);
        var file = message.Media is null ? null : work.Media(message.Media) ?? media.GetValueOrDefault(message.Media);
        return message.View(chat.Id, chat.Jid, file);
    }
}
