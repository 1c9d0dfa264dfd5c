using Loopwave.Contacts;

namespace Loopwave.Chats;

/// <summary>
/// What a number knows about one person or group: a page of its <see cref="ChatBook"/>, there as a whole or not at all.
/// </summary>
internal sealed class BookPage(string party)
{
    /// <summary>The canonical party.</summary>
    public string Party => party;

    /// <summary>The canonical party, and those that were merged into it while the page was in the book.</summary>
    public List<string> Parties { get; } = [party];

    public List<string> Jids { get; } = [];

    /// <summary>The id of the chat with them.</summary>
    public string? Chat { get; set; }

    /// <summary>That chat, and those that were joined into it or are yet to be.</summary>
    public List<ChatDocument> Chats { get; } = [];

    public ContactDocument? Contact { get; set; }

    /// <summary>When it was last looked up or changed, as <see cref="BookReaders"/> count.</summary>
    public long UsedAt { get; set; }

    public ChatDocument? Find(string chat) => Chats.Find(one => one.Id == chat);

    public void Put(ChatDocument chat)
    {
        var at = Chats.FindIndex(one => one.Id == chat.Id);
        if (at < 0)
        {
            Chats.Add(chat);
        }
        else
        {
            Chats[at] = chat;
        }
    }
}
