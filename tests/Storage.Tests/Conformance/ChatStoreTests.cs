using Loopwave.Chats;
using Loopwave.Contacts;
using Loopwave.Numbers;

namespace Loopwave.Storage.Tests.Conformance;

/// <summary>What every store of chats, parties and contacts promises.</summary>
public abstract class ChatStoreTests(Backend backend) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await backend.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task An_address_belongs_to_one_party()
    {
        var owned = await Sample.OwnedNumber(backend);
        var alias = new PartyAlias(Sample.Jid(), NewId.Party());
        Assert.Equal(CommitResult.Committed, await Commit(owned, aliases: [alias]));
        Assert.Equal(CommitResult.Committed, await Commit(owned, aliases: [alias]));
        Assert.Equal(CommitResult.Duplicate, await Commit(owned, aliases: [alias with { Party = NewId.Party() }]));

        Assert.Equal(alias.Party, Assert.Single(await backend.Chats.Parties([alias.Jid, Sample.Jid()])).Value);
    }

    [Fact]
    public async Task An_address_may_be_given_to_a_party_that_is_the_same_by_now()
    {
        var owned = await Sample.OwnedNumber(backend);
        var (lid, phone) = (NewId.Party(), NewId.Party());
        var alias = new PartyAlias("123@lid", lid);
        await Commit(owned, aliases: [alias]);
        await Commit(owned, merges: [new PartyMerge(lid, phone)]);

        Assert.Equal(CommitResult.Committed, await Commit(owned, aliases: [alias with { Party = phone }]));
        Assert.Equal(CommitResult.Committed, await Commit(owned, aliases: [alias]));
        Assert.Equal(phone, (await backend.Chats.Parties([alias.Jid]))[alias.Jid]);
    }

    [Fact]
    public async Task Merges_chain_in_whichever_order_they_come_and_repeat_harmlessly()
    {
        var owned = await Sample.OwnedNumber(backend);
        string[] p = [.. Enumerable.Range(0, 6).Select(_ => NewId.Party())];
        await Commit(owned, merges: [new(p[0], p[1]), new(p[2], p[3])]);
        await Commit(owned, merges: [new(p[1], p[2]), new(p[0], p[3])]);
        await Commit(owned, merges: [new(p[4], p[4]), new(p[3], p[0])]);
        await Commit(owned, merges: [new(p[0], p[5])]);

        var canonical = await backend.Chats.Canonical(p);
        Assert.Equal([p[5], p[5], p[5], p[5], p[4], p[5]], p.Select(party => canonical[party]));
    }

    [Fact]
    public async Task A_merged_chat_is_found_as_the_one_that_took_it_over_at_the_end_of_the_chain()
    {
        var owned = await Sample.OwnedNumber(backend);
        var (a, b, c) = (Sample.Chat(owned.Id), Sample.Chat(owned.Id), Sample.Chat(owned.Id));
        await Commit(owned, a, b, c);
        await Commit(owned, a with { MergedInto = b.Id });
        await Commit(owned, b with { MergedInto = c.Id });

        Assert.Equal(c.Id, (await backend.Chats.Get(a.Id))!.Id);
        Assert.Equal(c.Id, (await backend.Chats.Get(b.Id))!.Id);
        Assert.Equal(new[] { a.Id, b.Id, c.Id }.Order(), (await backend.Chats.WithMerged(c.Id)).Order());
        Assert.Equal([c.Id], (await List()).Select(chat => chat.Id));
        Assert.Null(await backend.Chats.Get("c_unknown"));

        // What is merged stays merged when one of them is written again.
        await Commit(owned, c with { UnreadCount = 3 }, a with { MergedInto = b.Id });
        Assert.Equal(c.Id, (await backend.Chats.Get(a.Id))!.Id);
        Assert.Equal(3, (await backend.Chats.Get(b.Id))!.UnreadCount);
    }

    [Fact]
    public async Task Chats_that_are_new_and_merged_in_one_change_are_found_whichever_comes_first()
    {
        var owned = await Sample.OwnedNumber(backend);
        var (a, b, c) = (Sample.Chat(owned.Id), Sample.Chat(owned.Id), Sample.Chat(owned.Id));
        await Commit(owned, a with { MergedInto = b.Id }, b with { MergedInto = c.Id }, c);
        Assert.Equal(c.Id, (await backend.Chats.Get(a.Id))!.Id);
        Assert.Equal(3, (await backend.Chats.WithMerged(c.Id)).Count);
    }

    [Fact]
    public async Task Chats_are_found_by_whom_they_are_with_also_after_a_merge_of_parties()
    {
        var one = await Sample.OwnedNumber(backend);
        var two = await Sample.OwnedNumber(backend);
        var (lid, phone) = (NewId.Party(), NewId.Party());
        var older = Sample.Chat(one.Id, lid, Backend.Start);
        var newer = Sample.Chat(two.Id, phone, Backend.Start.AddSeconds(1));
        await Commit(one, older);
        await Commit(two, newer);
        await Commit(one, merges: [new PartyMerge(lid, phone)]);

        Assert.Equal([older.Id], (await backend.Chats.Find(one.Id, [phone])).Select(chat => chat.Id));
        Assert.Empty(await backend.Chats.Find(one.Id, [NewId.Party()]));
        Assert.Equal([newer.Id, older.Id], (await backend.Chats.FindAnywhere(phone)).Select(chat => chat.Id));
    }

    [Fact]
    public async Task The_list_has_the_last_message_first_and_is_filtered()
    {
        var owned = await Sample.OwnedNumber(backend);
        var sandbox = await Sample.OwnedNumber(backend, Sample.Number(engine: EngineKind.Sandbox));
        var unread = Sample.Chat(owned.Id, lastMessageAt: Backend.Start.AddSeconds(1)) with { UnreadCount = 2, Name = "Chloé 50% Über_uns", Jid = "491511234567@s.whatsapp.net" };
        var resolved = Sample.Chat(owned.Id, lastMessageAt: Backend.Start.AddSeconds(3)) with { Status = ChatStatus.Resolved, Jid = "123456@lid" };
        var simulated = Sample.Chat(sandbox.Id, lastMessageAt: Backend.Start.AddSeconds(2));
        var empty = Sample.Chat(owned.Id) with { Name = null };
        await Commit(owned, unread, resolved, empty);
        await Commit(sandbox, simulated);

        async Task Expect(ChatFilter filter, Access access, params ChatDocument[] expected) =>
            Assert.Equal(expected.Select(chat => chat.Id), (await List(filter, access)).Select(chat => chat.Id));

        await Expect(new(), Access.All, resolved, simulated, unread, empty);
        await Expect(new(Status: ChatStatus.Resolved), Access.All, resolved);
        await Expect(new(Unread: true), Access.All, unread);
        await Expect(new(Unread: false, Status: ChatStatus.Open), Access.All, simulated, empty);
        await Expect(new(Number: sandbox.Id), Access.All, simulated);
        await Expect(new(), new Access(SandboxOnly: true), simulated);
        await Expect(new(), new Access(Numbers: [owned.Id]), resolved, unread, empty);
        await Expect(new(), new Access(Numbers: [owned.Id, sandbox.Id]), resolved, simulated, unread, empty);
        await Expect(new(), new Access(Numbers: [.. Enumerable.Range(0, 80).Select(i => "n" + i), sandbox.Id]), simulated);
        await Expect(new(Number: owned.Id), new Access(Numbers: [sandbox.Id]));
        await Expect(new(), new Access(Numbers: []));
        await Expect(new(Search: "chloé über"), Access.All, unread);
        await Expect(new(Search: "AMINA"), Access.All, resolved, simulated);
        await Expect(new(Search: "50%"), Access.All, unread);
        await Expect(new(Search: "_u"), Access.All, unread);
        await Expect(new(Search: "%"), Access.All, unread);
        await Expect(new(Search: "+49 1511-234"), Access.All, unread);
        await Expect(new(Search: "123456"), Access.All, unread);
        await Expect(new(Search: "nobody"), Access.All);
    }

    [Fact]
    public async Task Chats_that_changed_come_in_the_order_of_their_changes()
    {
        var owned = await Sample.OwnedNumber(backend);
        var chats = Enumerable.Range(0, 4).Select(i => Sample.Chat(owned.Id, lastMessageAt: Backend.Start.AddSeconds(i))).ToArray();
        await Commit(owned, chats);
        await Commit(owned, chats[1] with { UpdatedAt = Backend.Start.AddSeconds(9) });

        var changed = await backend.Chats.List(new ChatQuery(new ChatFilter(), new PageRequest(UpdatedAfter: Backend.Start), Access.All));
        Assert.Equal([chats[2].Id, chats[3].Id, chats[1].Id], changed.Data.Select(chat => chat.Id));
    }

    [Fact]
    public async Task A_walk_over_several_numbers_sees_each_chat_once()
    {
        var owned = new List<Owned>();
        var all = new List<string>();
        for (var n = 0; n < 3; n++)
        {
            owned.Add(await Sample.OwnedNumber(backend));
            var chats = Enumerable.Range(0, 9).Select(i => Sample.Chat(owned[n].Id, lastMessageAt: Backend.Start.AddSeconds(i))).ToArray();
            await Commit(owned[n], chats);
            all.AddRange(chats.Select(chat => chat.Id));
        }

        var seen = new List<ChatDocument>();
        string? cursor = null;
        do
        {
            var page = await backend.Chats.List(new ChatQuery(
                new ChatFilter(), new PageRequest(Limit: 4, cursor), new Access(Numbers: [.. owned.Select(number => number.Id)])));
            seen.AddRange(page.Data);
            cursor = page.NextCursor;
        }
        while (cursor is not null);

        Assert.Equal(all.Order(), seen.Select(chat => chat.Id).Order());
        Assert.Equal(seen.OrderByDescending(chat => chat.LastMessageAt).ThenByDescending(chat => chat.Id, StringComparer.Ordinal), seen);
    }

    [Fact]
    public async Task A_search_looks_at_so_many_chats_for_a_page_and_goes_on_where_it_stopped()
    {
        var owned = await Sample.OwnedNumber(backend);
        var other = await Sample.OwnedNumber(backend);
        var chats = Enumerable.Range(0, ListBounds.MostExamined + 100)
            .Select(i => Sample.Chat(owned.Id, lastMessageAt: Backend.Start.AddSeconds(i)) with { Name = i is 20 or 150 ? "Zebra" : "Amina" }).ToArray();
        foreach (var some in chats.Chunk(500))
        {
            await Commit(owned, some);
        }

        var elsewhere = Sample.Chat(other.Id, lastMessageAt: Backend.Start.AddSeconds(10)) with { Name = "Zebra" };
        await Commit(other, elsewhere);
        var search = new ChatFilter(Number: owned.Id, Search: "zebra");

        // The newest of those that are looked at are there; what is behind them is on the next page, however few they are.
        var first = await backend.Chats.List(new ChatQuery(search, new PageRequest(), Access.All));
        Assert.Equal([chats[150].Id], first.Data.Select(chat => chat.Id));
        Assert.NotNull(first.NextCursor);
        var second = await backend.Chats.List(new ChatQuery(search, new PageRequest(Cursor: first.NextCursor), Access.All));
        Assert.Equal([chats[20].Id], second.Data.Select(chat => chat.Id));
        Assert.Null(second.NextCursor);

        foreach (var access in new[] { Access.All, new Access(Numbers: [owned.Id, other.Id]) })
        {
            var pages = await All(new ChatFilter(Search: "zebra"), access);
            Assert.InRange(pages.Count, 2, 3);
            Assert.Equal([chats[150].Id, chats[20].Id, elsewhere.Id], pages.SelectMany(page => page).Select(chat => chat.Id));
        }

        // A page that is full goes on at its last chat as ever.
        var full = await backend.Chats.List(new ChatQuery(new ChatFilter(Number: owned.Id, Search: "amina"), new PageRequest(3), Access.All));
        var next = await backend.Chats.List(new ChatQuery(new ChatFilter(Number: owned.Id, Search: "amina"), new PageRequest(3, full.NextCursor), Access.All));
        Assert.Equal(chats.Reverse().Take(6).Select(chat => chat.Id), full.Data.Concat(next.Data).Select(chat => chat.Id));
    }

    [Fact]
    public async Task Lists_of_more_numbers_than_one_query_has_are_one_list()
    {
        var owned = new[] { await Sample.OwnedNumber(backend), await Sample.OwnedNumber(backend) };
        var chats = Enumerable.Range(0, 8).Select(i => Sample.Chat(owned[i % 2].Id, lastMessageAt: Backend.Start.AddSeconds(i))).ToArray();
        foreach (var chat in chats)
        {
            await Commit(owned.Single(number => number.Id == chat.Number), chat);
        }

        var access = new Access(Numbers: [owned[0].Id, .. Enumerable.Range(0, 2 * ListBounds.MostAtOnce).Select(i => "n" + i), owned[1].Id]);

        Assert.Equal(
            chats.Reverse().Select(chat => chat.Id).Chunk(3),
            (await All(new ChatFilter(), access, limit: 3)).Select(page => page.Select(chat => chat.Id)));
    }

    [Fact]
    public async Task Chats_of_simulated_numbers_are_listed_whether_these_are_few_or_many()
    {
        var real = await Sample.OwnedNumber(backend);
        await Commit(real, Sample.Chat(real.Id));
        var simulated = await Sample.OwnedNumber(backend, Sample.Number(engine: EngineKind.Sandbox));
        var chat = Sample.Chat(simulated.Id);
        await Commit(simulated, chat);
        foreach (var more in new[] { 0, ListBounds.MostAtOnce })
        {
            for (var i = 0; i < more; i++)
            {
                var number = Sample.Number(engine: EngineKind.Sandbox);
                await backend.Numbers.Create(number, Sample.Transition(number.Id, 1), null);
            }

            Assert.Equal([chat.Id], (await List(access: new Access(SandboxOnly: true))).Select(one => one.Id));
            Assert.Equal([chat.Id], (await List(access: new Access(SandboxOnly: true, Numbers: [real.Id, simulated.Id]))).Select(one => one.Id));
            Assert.Empty(await List(new ChatFilter(Number: real.Id), new Access(SandboxOnly: true)));
        }
    }

    [Fact]
    public async Task A_party_has_one_contact_and_finds_it_after_a_merge()
    {
        var owned = await Sample.OwnedNumber(backend);
        var (lid, phone) = (NewId.Party(), NewId.Party());
        var older = Sample.Contact(lid);
        Assert.Equal(CommitResult.Committed, await Commit(owned, contacts: [older]));
        Assert.Equal(CommitResult.Duplicate, await Commit(owned, contacts: [Sample.Contact(lid)]));
        Assert.Equal(CommitResult.Committed, await Commit(owned, contacts: [older with { Version = 2, Name = "Amina Okafor" }]));

        await Commit(owned, merges: [new PartyMerge(lid, phone)]);
        Assert.Equal("Amina Okafor", (await backend.Contacts.Find([phone]))[phone].Name);

        var newer = Sample.Contact(phone, Backend.Start.AddSeconds(1));
        await Commit(owned, contacts: [newer]);
        Assert.Equal(older.Id, (await backend.Contacts.Find([phone]))[phone].Id);
        Assert.Equal(CommitResult.Committed, await Commit(owned, contacts: [older with { Version = 3, MergedInto = newer.Id }]));
        Assert.Equal(newer.Id, (await backend.Contacts.Find([phone]))[phone].Id);
        Assert.Empty(await backend.Contacts.Find([NewId.Party()]));

        // A number that has not heard of the merge yet must read again before it writes: what it knows is old.
        Assert.Equal(CommitResult.Duplicate, await Commit(owned, contacts: [older with { Version = 3, Name = "Amina O." }]));
        Assert.Equal(CommitResult.Duplicate, await Commit(owned, contacts: [older with { Version = 3, MergedInto = newer.Id }]));
        Assert.Equal(newer.Id, (await backend.Contacts.Find([phone]))[phone].Id);
    }

    [Fact]
    public async Task A_contact_is_written_only_on_top_of_what_is_stored_whichever_number_writes()
    {
        var (one, other) = (await Sample.OwnedNumber(backend), await Sample.OwnedNumber(backend));
        var contact = Sample.Contact(NewId.Party());
        Assert.Equal(CommitResult.Duplicate, await Commit(one, contacts: [contact with { Version = 2 }]));
        Assert.Equal(CommitResult.Committed, await Commit(one, contacts: [contact]));
        Assert.Equal(CommitResult.Duplicate, await Commit(other, contacts: [contact]));

        var named = contact with { Version = 2, Name = "Amina Okafor" };
        Assert.Equal(CommitResult.Committed, await Commit(other, contacts: [named]));
        var chat = Sample.Chat(one.Id, contact.Party);
        Assert.Equal(CommitResult.Duplicate, await backend.Numbers.Commit(
            one.Change() with { Chats = [chat], Contacts = [contact with { Version = 2, Phone = "919800000000" }] }, new CommitLane()));
        Assert.Equal(CommitResult.Duplicate, await Commit(one, contacts: [named with { Version = 4 }]));

        Assert.Null(await backend.Chats.Get(chat.Id));
        Assert.Equivalent(named, (await backend.Contacts.Find([contact.Party])).Values.Single(), strict: true);
        Assert.Equal(CommitResult.Committed, await Commit(one, contacts: [named with { Version = 3, Phone = "919800000000" }]));
    }

    [Fact]
    public async Task Changes_of_one_contact_that_wait_in_one_lane_are_all_stored()
    {
        var owned = await Sample.OwnedNumber(backend);
        var contact = Sample.Contact(NewId.Party());
        var commits = Enumerable.Range(1, 20).Select(version => backend.Numbers.Commit(
            owned.Change() with { Contacts = [contact with { Version = version, Name = $"{version}" }] }, owned.Lane)).ToList();

        Assert.All(await Task.WhenAll(commits), result => Assert.Equal(CommitResult.Committed, result));
        Assert.Equal("20", (await backend.Contacts.Find([contact.Party]))[contact.Party].Name);
    }

    private Task<CommitResult> Commit(Owned owned, params ChatDocument[] chats) =>
        backend.Numbers.Commit(owned.Change() with { Chats = chats }, new CommitLane());

    private Task<CommitResult> Commit(
        Owned owned, IReadOnlyList<PartyAlias>? aliases = null, IReadOnlyList<PartyMerge>? merges = null, IReadOnlyList<ContactDocument>? contacts = null) =>
        backend.Numbers.Commit(owned.Change() with { Aliases = aliases ?? [], Merges = merges ?? [], Contacts = contacts ?? [] }, new CommitLane());

    /// <summary>Every page of a list.</summary>
    private async Task<IReadOnlyList<IReadOnlyList<ChatDocument>>> All(ChatFilter filter, Access access, int limit = 50)
    {
        var pages = new List<IReadOnlyList<ChatDocument>>();
        string? cursor = null;
        do
        {
            var page = await backend.Chats.List(new ChatQuery(filter, new PageRequest(limit, cursor), access));
            pages.Add(page.Data);
            cursor = page.NextCursor;
        }
        while (cursor is not null);

        return pages;
    }

    private async Task<IReadOnlyList<ChatDocument>> List(ChatFilter? filter = null, Access? access = null) =>
        (await backend.Chats.List(new ChatQuery(filter ?? new ChatFilter(), new PageRequest(), access ?? Access.All))).Data;
}
