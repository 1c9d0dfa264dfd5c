using Loopwave.Chats;
using Loopwave.Contacts;
using Loopwave.Engines;
using Loopwave.Messages;
using Loopwave.Webhooks;

namespace Loopwave.Numbers;

/// <summary>Who is behind an address, and what is put together once two addresses turn out to be one person.</summary>
internal sealed partial class NumberWork
{
    // The number is written whole whenever it changes: with this many subjects that is 60 kB.
    private const int MostSubjects = 500;

    /// <summary>The party behind these two forms of an address; made if nobody knows them, merged if they were two.</summary>
    public string Party(string jid, string? otherJid)
    {
        otherJid = otherJid == jid ? null : otherJid;
        var party = Book.Party(jid);
        var other = otherJid is null ? null : Book.Party(otherJid);
        if (party is not null && other is not null && party != other)
        {
            return Merge(jid, party, otherJid!, other);
        }

        var known = party ?? other ?? NewId.Party();
        var isNews = Learn(jid, party, known) | (otherJid is not null && Learn(otherJid, other, known));
        if (otherJid is not null)
        {
            if (isNews && (party ?? other) is not null)
            {
                _learned.Add(Pair(jid, otherJid));
            }

            // Known to the deployment is not yet shown by each of its numbers.
            ShowPhone(known, jid, otherJid);
        }

        return known;
    }

    /// <summary>The chat with a party; begun when there is none.</summary>
    public ChatDocument Chat(string party, string jid, string? name)
    {
        if (Book.ChatWith(party) is { } known)
        {
            return UpgradeAddress(known, jid);
        }

        var group = Jids.IsGroup(jid);

        // Of two phones of one person, the one that is shown is what the network calls them.
        var contact = group ? null : name is null && Book.ContactOf(party) is { Phone: not null } shown ? shown : Contact(party, jid, name);
        var chat = new ChatDocument
        {
            Id = NewId.Chat(),
            Number = Number.Id,
            Party = party,
            Jid = jid,
            Type = group ? ChatType.Group : ChatType.Direct,
            Name = group ? name ?? TakeSubject(jid) : contact!.Name,
            Contact = contact?.Id,
            CreatedAt = now,
            UpdatedAt = now,
        };
        Book.Put(party, chat);
        _chats[chat.Id] = chat;
        if (!group && _aliases.TrueForAll(alias => alias.Party != party))
        {
            _begun.Add(jid);
        }

        return chat;
    }

    /// <summary>
    /// The contact of a party; made when there is none. A better name takes the place of a bare number, and the one in the
    /// phone's address book (<paramref name="saved"/>), which our side chose, that of the person's own choice.
    /// </summary>
    public ContactDocument Contact(string party, string jid, string? name, bool onlyIfUnnamed = false, bool saved = false)
    {
        var known = Book.ContactOf(party);
        var phone = Jids.Phone(jid) ?? known?.Phone;
        var contact = known ?? new ContactDocument
        {
            Id = NewId.Contact(), Version = 0, Party = party, Name = "", Phone = phone, CreatedAt = now, UpdatedAt = now,
        };
        var unnamed = contact.Name.Length == 0 || contact.Name == contact.Phone;
        var taken = name is { Length: > 0 } && (unnamed || (!onlyIfUnnamed && (saved || !contact.NameIsSaved)));
        var better = taken ? name! : unnamed ? phone ?? contact.Name : contact.Name;
        var isSaved = taken ? saved : contact.NameIsSaved;
        if (known is null || better != contact.Name || phone != contact.Phone || isSaved != contact.NameIsSaved)
        {
            contact = Put(contact with { Name = better, NameIsSaved = isSaved, Phone = phone });
            Book.Put(party, contact);
        }

        // A chat carries its person's name, to be found by it.
        if (Book.ChatWith(party) is { Type: ChatType.Direct } chat && chat.Name != contact.Name)
        {
            Put(chat with { Name = contact.Name, Contact = contact.Id, UpdatedAt = now });
        }

        return contact;
    }

    /// <summary>Keeps the subject of a group that has no chat yet, for the chat that begins with its first message.</summary>
    public void KeepSubject(string jid, string subject)
    {
        var kept = new GroupSubject(jid, subject);
        if (!Number.Subjects.Contains(kept))
        {
            Subjects([.. Number.Subjects.Where(one => one.Jid != jid).TakeLast(MostSubjects - 1), kept]);
        }
    }

    /// <summary>
    /// The network said who is behind the phone that a chat was begun with. That is an address of the same person, and the one
    /// that the chat's messages go to from now on.
    /// </summary>
    /// <param name="asked">The address as it was asked for.</param>
    /// <param name="jid">The network's own form of it; often the same.</param>
    public void Verify(string chat, string asked, string jid, string? lid)
    {
        Party(jid, asked);
        if (lid is not null)
        {
            Party(jid, lid);
        }

        if (Book.Chat(Remaining(chat)) is { } known && (known.Jid != jid || !known.Verified))
        {
            Put(known with { Jid = jid, Verified = true, UpdatedAt = known.Jid == jid ? known.UpdatedAt : now });
        }
    }

    /// <summary>Puts chats of one person together that were begun before anybody knew.</summary>
    public void JoinDoubles()
    {
        foreach (var (party, id) in Book.TakeDoubles())
        {
            if (Book.ChatWith(party) is { } keep && Book.Chat(id) is { MergedInto: null } other && keep.Id != id)
            {
                Join(party, keep, other);
            }
        }
    }

    private string? TakeSubject(string jid)
    {
        if (Number.Subjects.FirstOrDefault(one => one.Jid == jid) is not { } kept)
        {
            return null;
        }

        Subjects([.. Number.Subjects.Where(one => one != kept)]);
        return kept.Subject;
    }

    private void Subjects(IReadOnlyList<GroupSubject> subjects)
    {
        state.Document = Number with { Subjects = subjects };
        _document = state.Document;
    }

    private bool Learn(string jid, string? known, string party)
    {
        if (known is not null)
        {
            return false;
        }

        Book.Know(jid, party);
        _aliases.Add(new PartyAlias(jid, party));
        return true;
    }

    // Somebody who was known by a hidden address alone has a phone from now on.
    private void ShowPhone(string party, string jid, string otherJid)
    {
        var phone = Pair(jid, otherJid).PhoneJid;
        if (Book.ChatWith(party) is { } chat)
        {
            UpgradeAddress(chat, phone);
        }

        if (Book.ContactOf(party) is not null)
        {
            Contact(party, phone, null);
        }
    }

    private static EngineEvent.AliasLearned Pair(string jid, string otherJid) =>
        Jids.Phone(jid) is null ? new(otherJid, jid) : new(jid, otherJid);

    // The phone's party stays: it is the one that integrators know by its number.
    private string Merge(string jid, string party, string otherJid, string other)
    {
        var (from, into) = Jids.Phone(jid) is not null || Jids.Phone(otherJid) is null ? (other, party) : (party, other);
        var chatFrom = Book.ChatWith(from);
        var chatInto = Book.ChatWith(into);
        var contactFrom = Book.ContactOf(from);
        var contactInto = Book.ContactOf(into);
        _merges.Add(new PartyMerge(from, into));
        _learned.Add(Pair(jid, otherJid));
        Book.Merge(from, into);
        if (contactFrom is not null && contactInto is not null)
        {
            Put(contactFrom with { MergedInto = contactInto.Id });
            Announce(sequence => PublicEvents.ContactMerged(Number.Id, contactInto.Id, contactFrom.Id, sequence, now));
            if (contactInto.Name == (contactInto.Phone ?? "") && contactFrom.Name.Length > 0)
            {
                Book.Put(into, Put(contactInto with { Name = contactFrom.Name, NameIsSaved = contactFrom.NameIsSaved }));
            }
        }
        else if (contactFrom is not null)
        {
            Book.Put(into, Put(contactFrom with { Party = into }));
        }

        if (chatFrom is not null && chatInto is not null)
        {
            Join(into, chatInto, chatFrom);
        }
        else if (chatFrom is not null)
        {
            Book.Put(into, chatFrom);
        }

        ShowPhone(into, jid, otherJid);
        return into;
    }

    // One version per change, however often it changes within: storage sees only how it ends.
    private ContactDocument Put(ContactDocument contact) => _contacts[contact.Id] = contact with
    {
        Version = _contacts.TryGetValue(contact.Id, out var written) ? written.Version : contact.Version + 1,
        UpdatedAt = now,
    };

    private void Join(string party, ChatDocument keep, ChatDocument other)
    {
        Put(keep.Absorb(other, now));
        Put(other with { MergedInto = keep.Id, UnreadCount = 0, UpdatedAt = now });
        Book.Put(party, Book.Chat(keep.Id)!);
        _joined.Add((other.Id, keep.Id));
        Active(keep.Id);
    }

    private string Remaining(string chat)
    {
        while (Book.MergedInto(chat) is { } into)
        {
            chat = into;
        }

        return chat;
    }

    // A chat that was begun under a hidden address shows the phone once it is known; its own id never changes.
    private ChatDocument UpgradeAddress(ChatDocument chat, string jid)
    {
        if (!Jids.IsLid(chat.Jid) || Jids.Phone(jid) is null)
        {
            return chat;
        }

        var upgraded = chat with { Jid = jid, UpdatedAt = now };
        Put(upgraded);
        return upgraded;
    }
}
