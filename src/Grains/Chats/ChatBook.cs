using Loopwave.Contacts;
using Loopwave.Messages;

namespace Loopwave.Chats;

/// <summary>
/// The chats and people a number is dealing with, as they stand including changes whose commit is still under way.
/// Loading is asynchronous; looking up and changing is not, so that a grain that interleaves calls never works on two
/// versions of one chat.
/// </summary>
internal sealed class ChatBook(string number, IChatStore chats, IContactStore contacts)
{
    private readonly Dictionary<string, string> _parties = [];
    private readonly Dictionary<string, string> _chatOfParty = [];
    private readonly Dictionary<string, ChatDocument> _chats = [];
    private readonly Dictionary<string, ContactDocument?> _contacts = [];

    private readonly Dictionary<string, string> _merged = [];
    private readonly List<(string Party, string Chat)> _doubles = [];

    public int Count => _chats.Count + _parties.Count;

    /// <summary>Makes sure that everything stored about these addresses is in the book.</summary>
    public async Task Load(IReadOnlyCollection<string> jids)
    {
        var unknown = jids.Where(jid => !_parties.ContainsKey(jid)).Distinct().ToList();
        if (unknown.Count == 0)
        {
            return;
        }

        var parties = await chats.Parties(unknown);
        var found = parties.Values.Where(party => !_chatOfParty.ContainsKey(party)).Distinct().ToList();
        var stored = found.Count == 0 ? [] : await chats.Find(number, found);
        var canonical = stored.Count == 0 ? new Dictionary<string, string>() : await chats.Canonical([.. stored.Select(chat => chat.Party).Distinct()]);
        var people = found.Count == 0 ? new Dictionary<string, ContactDocument>() : await contacts.Find(found);

        foreach (var (jid, party) in parties)
        {
            _parties.TryAdd(jid, party);
        }

        // Of two chats of one person the one under the phone stays, as in a merge; else the older one.
        foreach (var chat in stored.OrderBy(chat => Jids.IsLid(chat.Jid)).ThenBy(chat => chat.CreatedAt))
        {
            // What is in the book already is newer than what was read.
            var party = canonical.GetValueOrDefault(chat.Party, chat.Party);
            _chats.TryAdd(chat.Id, chat);
            if (!_chatOfParty.TryAdd(party, chat.Id) && _chatOfParty[party] != chat.Id)
            {
                _doubles.Add((party, chat.Id));
            }
        }

        foreach (var party in found)
        {
            _contacts.TryAdd(party, people.GetValueOrDefault(party));
        }
    }

    /// <summary>
    /// Makes sure that a chat is in the book by its id; of a merged one, the chat it was merged into. Null when there is no
    /// such chat of this number.
    /// </summary>
    public async Task<ChatDocument?> LoadChat(string id)
    {
        if (!_chats.TryGetValue(id, out var chat))
        {
            chat = await chats.Get(id);
            if (chat is null || chat.Number != number)
            {
                return null;
            }
        }

        await Load([chat.Jid]);
        chat = _chats.GetValueOrDefault(chat.Id) ?? chat;
        while (chat.MergedInto is { } into && _chats.TryGetValue(into, out var keep))
        {
            chat = keep;
        }

        return chat;
    }

    /// <summary>Chats that belong into another one, because another number learned that two addresses are one person.</summary>
    public IReadOnlyList<(string Party, string Chat)> TakeDoubles()
    {
        var doubles = _doubles.ToList();
        _doubles.Clear();
        return doubles;
    }

    public string? Party(string jid) => _parties.GetValueOrDefault(jid);

    public ChatDocument? Chat(string id) => _chats.GetValueOrDefault(id);

    public ChatDocument? ChatWith(string party) =>
        _chatOfParty.TryGetValue(party, out var id) ? _chats[id] : null;

    /// <summary>What a party or chat was merged into since it was read; null when it still stands for itself.</summary>
    public string? MergedInto(string id) => _merged.GetValueOrDefault(id) ?? Chat(id)?.MergedInto;

    public ContactDocument? ContactOf(string party) => _contacts.GetValueOrDefault(party);

    public ContactDocument? ContactOf(ChatDocument chat) => Party(chat.Jid) is { } party ? ContactOf(party) : null;

    public void Know(string jid, string party) => _parties[jid] = party;

    public void Put(string party, ChatDocument chat)
    {
        _chats[chat.Id] = chat;
        _chatOfParty[party] = chat.Id;
    }

    public void Put(ChatDocument chat) => _chats[chat.Id] = chat;

    public void Put(string party, ContactDocument contact) => _contacts[party] = contact;

    /// <summary>Everything under <paramref name="from"/> is found under <paramref name="into"/> from now on.</summary>
    public void Merge(string from, string into)
    {
        foreach (var jid in _parties.Where(pair => pair.Value == from).Select(pair => pair.Key).ToList())
        {
            _parties[jid] = into;
        }

        _merged[from] = into;
        _chatOfParty.Remove(from);
        _contacts.Remove(from);
    }
}
