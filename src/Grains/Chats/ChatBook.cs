using Loopwave.Contacts;
using Loopwave.Messages;

namespace Loopwave.Chats;

/// <summary>
/// The chats and people a number is dealing with, as they stand including changes whose commit is still under way.
/// Loading is asynchronous; looking up and changing is not, so that a grain that interleaves calls never works on two
/// versions of one chat.
/// <para>
/// Beyond its limit it lets go of whom nobody asked for the longest. What those at work looked up or changed stays
/// (<see cref="BookReaders"/>): a change finds everything it was decided on, and nothing is read again while a newer
/// version of it is on its way to storage.
/// </para>
/// </summary>
/// <param name="limit">How many people and groups it keeps while nobody is at work.</param>
internal sealed class ChatBook(string number, IChatStore chats, IContactStore contacts, BookReaders readers, int limit)
{
    private readonly Dictionary<string, BookPage> _byJid = [];
    private readonly Dictionary<string, BookPage> _byParty = [];
    private readonly Dictionary<string, BookPage> _byChat = [];
    private readonly SortedDictionary<long, BookPage> _byUse = [];
    private readonly List<(string Party, string Chat)> _doubles = [];

    /// <summary>How many people and groups are in the book.</summary>
    public int Count => _byUse.Count;

    public BookReaders Readers => readers;

    /// <summary>Makes sure that everything stored about these addresses is in the book.</summary>
    public async Task Load(IReadOnlyCollection<string> jids)
    {
        using var reading = readers.Enter();
        var unknown = jids.Where(jid => !IsKnown(_byJid, jid)).Distinct().ToList();
        if (unknown.Count == 0)
        {
            return;
        }

        var parties = await chats.Parties(unknown);
        await Read([.. parties.Values.Distinct().Where(party => !IsKnown(_byParty, party))]);
        foreach (var (jid, party) in parties)
        {
            // What is in the book already is newer than what was read.
            if (!_byJid.ContainsKey(jid))
            {
                Know(jid, party);
            }
        }
    }

    /// <summary>
    /// Makes sure that a chat is in the book by its id; of a merged one, the chat it was merged into. Null when there is no
    /// such chat of this number.
    /// </summary>
    public async Task<ChatDocument?> LoadChat(string id)
    {
        using var reading = readers.Enter();
        if (!IsKnown(_byChat, id))
        {
            if (await chats.Get(id) is not { } stored || stored.Number != number)
            {
                return null;
            }

            id = stored.Id;
            await Load([stored.Jid]);
            if (!IsKnown(_byChat, id))
            {
                // Begun with somebody who is somebody else by now, which this book does not know yet.
                await Read([(await chats.Canonical([stored.Party]))[stored.Party]]);
            }
        }

        await Load([Chat(id)!.Jid]);
        var chat = Chat(id)!;
        while (chat.MergedInto is { } into && Chat(into) is { } keep)
        {
            chat = keep;
        }

        return chat;
    }

    /// <summary>Reads who is behind these addresses although the book may know them: another number learned more about them.</summary>
    public async Task Follow(IReadOnlyCollection<string> jids)
    {
        using var reading = readers.Enter();
        var parties = await chats.Parties(jids);
        await Read([.. parties.Values.Distinct()]);
        foreach (var (jid, party) in parties)
        {
            if (_byJid.TryGetValue(jid, out var known))
            {
                Join(known, PageOf(party));
            }
            else
            {
                Know(jid, party);
            }
        }
    }

    /// <summary>Chats that belong into another one, because another number learned that two addresses are one person.</summary>
    public IReadOnlyList<(string Party, string Chat)> TakeDoubles()
    {
        var doubles = _doubles.ToList();
        _doubles.Clear();
        return doubles;
    }

    public string? Party(string jid) => _byJid.GetValueOrDefault(jid)?.Party;

    public ChatDocument? Chat(string id) => _byChat.GetValueOrDefault(id)?.Find(id);

    public ChatDocument? ChatWith(string party) => _byParty.GetValueOrDefault(party) is { Chat: { } id } page ? page.Find(id) : null;

    /// <summary>What a party or chat was merged into since it was read; null when it still stands for itself.</summary>
    public string? MergedInto(string id) =>
        _byParty.GetValueOrDefault(id) is { } page && page.Party != id ? page.Party : Chat(id)?.MergedInto;

    public ContactDocument? ContactOf(string party) => _byParty.GetValueOrDefault(party)?.Contact;

    public ContactDocument? ContactOf(ChatDocument chat) => _byChat.GetValueOrDefault(chat.Id)?.Contact;

    public void Know(string jid, string party)
    {
        var page = PageOf(party);
        page.Jids.Add(jid);
        _byJid.Add(jid, page);
    }

    /// <summary>The chat is the one with this party from now on.</summary>
    public void Put(string party, ChatDocument chat)
    {
        Put(PageOf(party), chat);
        _byChat[chat.Id].Chat = chat.Id;
    }

    public void Put(ChatDocument chat) => Put(_byChat.GetValueOrDefault(chat.Id) ?? PageOf(chat.Party), chat);

    public void Put(string party, ContactDocument contact) => PageOf(party).Contact = contact;

    /// <summary>
    /// Everything under <paramref name="from"/> is found under <paramref name="into"/> from now on. Which chat and which
    /// contact are theirs, the caller says.
    /// </summary>
    public void Merge(string from, string into)
    {
        var (gone, stays) = (PageOf(from), PageOf(into));
        if (gone == stays)
        {
            return;
        }

        _byUse.Remove(gone.UsedAt);
        stays.Jids.AddRange(gone.Jids);
        stays.Parties.AddRange(gone.Parties);
        stays.Chats.AddRange(gone.Chats);
        gone.Jids.ForEach(jid => _byJid[jid] = stays);
        gone.Parties.ForEach(party => _byParty[party] = stays);
        gone.Chats.ForEach(chat => _byChat[chat.Id] = stays);
    }

    /// <summary>Lets go of whom nobody asked for the longest, down to the limit or to what those at work need.</summary>
    public void Trim()
    {
        while (_byUse.Count > limit)
        {
            var (usedAt, page) = _byUse.First();
            if (usedAt >= readers.Since)
            {
                return;
            }

            Forget(page);
        }
    }

    private async Task Read(IReadOnlyCollection<string> parties)
    {
        if (parties.Count == 0)
        {
            return;
        }

        var stored = await chats.Find(number, parties);
        var people = await contacts.Find(parties);

        // Last, so that a merge that is stored between these reads is seen: somebody may be somebody else by now.
        var canonical = await chats.Canonical([.. stored.Select(chat => chat.Party).Concat(parties).Distinct()]);
        await Read([.. parties.Select(party => canonical[party]).Distinct().Except(parties)]);
        foreach (var party in parties)
        {
            var page = PageOf(party);
            page.Contact = Newer(people.GetValueOrDefault(party), page.Contact);
            Join(page, PageOf(canonical[party]));
        }

        foreach (var chat in stored)
        {
            var page = PageOf(canonical[chat.Party]);
            if (!_byChat.TryGetValue(chat.Id, out var known))
            {
                Put(page, chat);
                Choose(page, chat.Id);
            }
            else
            {
                // What is in the book already is newer than what was read, except for whom it is with.
                Join(known, page);
            }
        }
    }

    // Others write contacts too. Another one than the one in the book was merged into that while this was being read.
    private static ContactDocument? Newer(ContactDocument? stored, ContactDocument? known) =>
        known is null || (stored?.Id == known.Id && stored.Version > known.Version) ? stored : known;

    private void Join(BookPage gone, BookPage stays)
    {
        if (gone == stays)
        {
            return;
        }

        Merge(gone.Party, stays.Party);
        stays.Contact ??= gone.Contact;
        if (gone.Chat is { } chat)
        {
            Choose(stays, chat);
        }
    }

    // Of two chats of one person the one under the phone stays, as in a merge; else the older one.
    private void Choose(BookPage page, string chat)
    {
        if (page.Chat is not { } other || other == chat)
        {
            page.Chat = chat;
            return;
        }

        var ordered = page.Chats.Where(one => one.Id == chat || one.Id == other)
            .OrderBy(one => Jids.IsLid(one.Jid)).ThenBy(one => one.CreatedAt).ThenBy(one => one.Id, StringComparer.Ordinal).ToList();
        page.Chat = ordered[0].Id;
        _doubles.Add((page.Party, ordered[1].Id));
    }

    private void Put(BookPage page, ChatDocument chat)
    {
        page.Put(chat);
        _byChat[chat.Id] = page;
        Use(page);
    }

    private bool IsKnown(Dictionary<string, BookPage> pages, string key)
    {
        if (!pages.TryGetValue(key, out var page))
        {
            return false;
        }

        Use(page);
        return true;
    }

    private BookPage PageOf(string party)
    {
        if (!_byParty.TryGetValue(party, out var page))
        {
            _byParty.Add(party, page = new BookPage(party));
        }

        Use(page);
        return page;
    }

    private void Use(BookPage page)
    {
        _byUse.Remove(page.UsedAt);
        page.UsedAt = readers.Next();
        _byUse.Add(page.UsedAt, page);
    }

    private void Forget(BookPage page)
    {
        _byUse.Remove(page.UsedAt);
        page.Jids.ForEach(jid => _byJid.Remove(jid));
        page.Parties.ForEach(party => _byParty.Remove(party));
        page.Chats.ForEach(chat => _byChat.Remove(chat.Id));
        _doubles.RemoveAll(one => page.Parties.Contains(one.Party));
    }
}
