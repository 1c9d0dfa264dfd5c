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

    private void Change(string jid, TargetMessage target, string what, Func<MessageDocument, MessageDocument> change)
    {
        if (work.Book.Party(jid) is { } party && work.Book.ChatWith(party) is { } chat && _known.Target(target, chat.Id) is { } message)
        {
            Update(message, what, change(message));
        }
    }

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
