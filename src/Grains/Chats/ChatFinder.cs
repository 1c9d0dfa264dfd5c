using Loopwave.Messages;
using Loopwave.Numbers;

namespace Loopwave.Chats;

/// <summary>Finds the chat that a caller means: by its id, a jid or digits.</summary>
internal sealed class ChatFinder(IChatStore chats, NumberEngines engines)
{
    public async Task<ChatDocument?> Find(string text, string? number, Access access)
    {
        var found = Recipient.Parse(text) switch
        {
            Recipient.Chat chat => await chats.Get(chat.Id) is { } one ? [one] : [],
            Recipient.Address address => await Of(address.Jid),
            Recipient.Phone phone => await Of(phone.Jid),
            _ => (IReadOnlyList<ChatDocument>)[],
        };

        foreach (var chat in found)
        {
            if ((number is null || chat.Number == number) && await engines.Of(chat.Number) is { } engine && access.Allows(chat.Number, engine))
            {
                return chat;
            }
        }

        return null;
    }

    private async Task<IReadOnlyList<ChatDocument>> Of(string jid)
    {
        var parties = await chats.Parties([jid]);
        return parties.TryGetValue(jid, out var party) ? await chats.FindAnywhere(party) : [];
    }
}
