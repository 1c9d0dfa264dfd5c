using Loopwave.Engines;

namespace Loopwave.Messages;

/// <summary>Which addresses and network ids an event speaks of, so that all of them can be read before it is applied.</summary>
internal static class InboundNames
{
    /// <param name="answered">Ids that we gave and the network answers for.</param>
    /// <param name="ids">Ids that anybody can have given.</param>
    public static void Collect(EngineEvent evt, ISet<string> jids, ISet<string> answered, ISet<string> ids)
    {
        switch (evt)
        {
            case EngineEvent.MessageReceived received:
                Collect(received.Message, jids, ids);
                break;
            case EngineEvent.HistoryReceived history:
                foreach (var message in history.Messages)
                {
                    Collect(message, jids, ids);
                }

                break;
            case EngineEvent.ServerAcknowledged acknowledged:
                answered.Add(acknowledged.WhatsAppId);
                break;
            case EngineEvent.ReceiptReceived receipt:
                answered.UnionWith(receipt.WhatsAppIds);
                break;
            case EngineEvent.ChatRead read:
                jids.Add(read.Jid);
                break;
            case EngineEvent.ReactionReceived reaction:
                Add(jids, reaction.Jid, reaction.Participant);
                Collect(reaction.Target, jids, ids);
                break;
            case EngineEvent.MessageEdited edited:
                Add(jids, edited.Jid, edited.OtherJid, edited.By?.Participant, edited.By?.OtherParticipant);
                Collect(edited.Target, jids, ids);
                break;
            case EngineEvent.MessageRevoked revoked:
                Add(jids, revoked.Jid, revoked.OtherJid, revoked.By?.Participant, revoked.By?.OtherParticipant);
                Collect(revoked.Target, jids, ids);
                break;
            case EngineEvent.AliasLearned alias:
                jids.Add(alias.PhoneJid);
                jids.Add(alias.Lid);
                break;
            case EngineEvent.Named named:
                jids.Add(named.Jid);
                break;
            default:
                // What is about the connection names nothing that is stored.
                break;
        }
    }

    private static void Collect(InboundMessage message, ISet<string> jids, ISet<string> ids)
    {
        ids.Add(message.WhatsAppId);
        Add(jids, message.Jid, message.OtherJid, message.Participant, message.OtherParticipant);
        if (message.ReplyTo is { } target)
        {
            Collect(target, jids, ids);
        }
    }

    private static void Collect(TargetMessage target, ISet<string> jids, ISet<string> ids)
    {
        ids.Add(target.WhatsAppId);
        Add(jids, target.Participant);
    }

    private static void Add(ISet<string> jids, params ReadOnlySpan<string?> more)
    {
        foreach (var jid in more)
        {
            if (jid is not null)
            {
                jids.Add(jid);
            }
        }
    }
}
