using Loopwave.Chats;
using Loopwave.Engines;
using Loopwave.Media;
using Loopwave.Webhooks;

namespace Loopwave.Messages;

/// <summary>What is done to messages that are here: reactions, edits, deletions, and files that come later.</summary>
internal sealed partial class Inbound
{
    /// <summary>A file that came with a message is here now, or cannot be fetched.</summary>
    public void FileChanged(MediaDocument file, MessageDocument? message)
    {
        work.Put(file);
        if (message?.Media == file.Id)
        {
            var changed = message with { UpdatedAt = work.Now };
            work.Put(changed);
            work.Announce(sequence => PublicEvents.MessageUpdated(View(changed), "media", sequence, work.Now));
        }
    }

    // Anybody of a chat may react to any of its messages, in their own name.
    private void React(EngineEvent.ReactionReceived reaction)
    {
        if (Chat(reaction.Jid) is { } chat && _known.Target(reaction.Target, chat.Id) is { } message)
        {
            var person = reaction.FromMe ? null : reaction.Participant ?? reaction.Jid;
            Update(message, "reactions", React(message, new Reaction(reaction.Emoji, reaction.FromMe, person, reaction.At)));
        }
    }

    /// <summary>The message that somebody wants changed; null when it is not here, or not theirs to change.</summary>
    private MessageDocument? MayChange(ChangeKind kind, string jid, string? otherJid, TargetMessage target, MessageSender? sender)
    {
        // Whom nobody knows wrote nothing that is here.
        var chatParty = Party(jid, otherJid);
        var by = sender switch
        {
            null => null,
            { FromMe: true } => Writer.Us,
            { Participant: { } participant } => ToWriter(Party(participant, sender.OtherParticipant)),
            _ => ToWriter(chatParty),
        };
        if (Chat(jid) is not { } chat)
        {
            return null;
        }

        var (named, inGroup) = (_known.Target(target, chat.Id), chat.Type is ChatType.Group);
        if (named is not null && ChangeRights.Allow(kind, by, _known.Author(named), inGroup, sender?.IsAdmin))
        {
            return named;
        }

        // Who names the wrong author for what is here is to be seen as well.
        if ((named ?? _known.InChat(target.WhatsAppId, chat.Id).FirstOrDefault()) is { } kept)
        {
            work.Refuse(new RefusedChange(kind, kept.Id, inGroup, sender?.IsAdmin));
        }

        return null;
    }

    private ChatDocument? Chat(string jid) => work.Book.Party(jid) is { } party ? work.Book.ChatWith(party) : null;

    // Who is behind these two forms of an address, if somebody known is: learned as from a message of theirs.
    private string? Party(string jid, string? otherJid) =>
        work.Book.Party(jid) is null && (otherJid is null || work.Book.Party(otherJid) is null) ? null : work.Party(jid, otherJid);

    private static Writer? ToWriter(string? party) => party is null ? null : new Writer(party);

    private void Update(MessageDocument before, string what, MessageDocument after)
    {
        if (ReferenceEquals(before, after))
        {
            return;
        }

        PutChanged(after);
        work.Announce(sequence => PublicEvents.MessageUpdated(View(after), what, sequence, work.Now));
    }

    private void PutChanged(MessageDocument message)
    {
        work.Put(message);
        if (_known.ChatOf(message) is { } chat && chat.LastMessage?.Id == message.Id)
        {
            work.Put(chat.Changed(message, work.Now));
        }
    }

    private MessageDocument React(MessageDocument message, Reaction reaction) => message.React(
        reaction, message.Reactions.FirstOrDefault(one => one.FromMe == reaction.FromMe && IsSamePerson(one.Jid, reaction.Jid)), work.Now);

    private bool IsSamePerson(string? jid, string? other) =>
        jid == other || (jid is not null && other is not null && work.Book.Party(jid) is { } party && party == work.Book.Party(other));
}
