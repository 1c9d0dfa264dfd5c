using Loopwave.Chats;
using Loopwave.Engines;
using Loopwave.Numbers;

namespace Loopwave.Messages;

/// <summary>
/// The messages that events can speak of: those that were stored before, as the change has them by now, and those that it
/// adds itself, since a repeat can stand in the same batch. Says which of them is the same message once more.
/// </summary>
/// <param name="canonical">The canonical party of each stored sender, and the canonical chat of each stored chat.</param>
internal sealed class KnownMessages(
    NumberWork work,
    ILookup<string, MessageDocument> stored,
    IReadOnlyDictionary<string, string> canonical)
{
    /// <summary>The message that the network's identity names: its id together with chat, sender and direction.</summary>
    public MessageDocument? Find(string whatsAppId, string chat, bool fromMe, string? sender) => Candidates(whatsAppId)
        .FirstOrDefault(message => message.FromMe == fromMe && Canonical(message.Chat) == chat
            && (fromMe || message.Sender is null || Canonical(message.Sender) == sender));

    /// <summary>One that was sent from here. Its id is ours, so it is the same one under whichever address it comes back.</summary>
    public MessageDocument? Sent(string whatsAppId) =>
        Candidates(whatsAppId).FirstOrDefault(message => message.FromMe && message.Author.Type is not AuthorType.Phone);

    /// <summary>One of this account, sent from here or from the phone.</summary>
    public MessageDocument? Own(string whatsAppId) => Candidates(whatsAppId).FirstOrDefault(message => message.FromMe);

    public MessageDocument? ById(string id) =>
        stored.SelectMany(group => group).Where(message => message.Id == id).Select(work.Latest).FirstOrDefault();

    /// <summary>
    /// The message that another one speaks of. Two people of a group can have used one id; a participant under an address
    /// that nobody knows is told by the id alone. Whoever speaks of it need not have written it: see <see cref="ChangeRights"/>.
    /// </summary>
    public MessageDocument? Target(TargetMessage target, string chat)
    {
        var found = InChat(target.WhatsAppId, chat).Where(message => message.FromMe == target.FromMe).DistinctBy(message => message.Id).ToList();
        if (target.FromMe || target.Participant is null)
        {
            return found.FirstOrDefault();
        }

        var party = work.Book.Party(target.Participant);
        return found.FirstOrDefault(message => message.Sender is { } sender && Canonical(sender) == party) ?? (found.Count == 1 ? found[0] : null);
    }

    /// <summary>Every message of a chat with this id, whoever wrote it.</summary>
    public IEnumerable<MessageDocument> InChat(string whatsAppId, string chat) =>
        Candidates(whatsAppId).Where(message => Canonical(message.Chat) == chat);

    public Writer Author(MessageDocument message) =>
        message.FromMe || message.Sender is null ? Writer.Us : new Writer(Canonical(message.Sender));

    public ChatDocument ChatOf(MessageDocument message) => work.Book.Chat(Canonical(message.Chat))!;

    private IEnumerable<MessageDocument> Candidates(string whatsAppId) => work.Added(whatsAppId)
        .Concat(stored[whatsAppId].Select(work.Latest));

    // As stored, and as merged since by this very change.
    private string Canonical(string id)
    {
        id = canonical.GetValueOrDefault(id, id);
        while (work.Book.MergedInto(id) is { } into)
        {
            id = into;
        }

        return id;
    }
}
