using Loopwave.Contacts;
using Xunit;

namespace Loopwave.Chats;

/// <summary>What a number keeps of its chats and people, and what it lets go.</summary>
public sealed class ChatBookTests
{
    private const int Limit = 3;
    private static readonly DateTimeOffset Now = new(2026, 6, 29, 10, 0, 0, TimeSpan.Zero);

    private readonly GatedChats _stored = new();
    private readonly BookReaders _readers = new();
    private readonly ChatBook _book;

    public ChatBookTests()
    {
        for (var i = 0; i < 20; i++)
        {
            _stored.Store(Jid(i), Party(i));
            _stored.Store(ChatOf(i));
            _stored.Store(new ContactDocument { Id = $"ct_{i}", Version = 1, Party = Party(i), Name = $"Person {i}", CreatedAt = Now, UpdatedAt = Now });
        }

        _readers.Book = _book = new ChatBook("n1", _stored, _stored, _readers, Limit);
    }

    [Fact]
    public async Task Beyond_its_limit_it_lets_go_of_whom_nobody_asked_for_the_longest()
    {
        foreach (var i in new[] { 0, 1, 2, 0, 3 })
        {
            await _book.Load([Jid(i)]);
        }

        Assert.Equal(Limit, _book.Count);
        Assert.Equal([true, false, true, true], Enumerable.Range(0, 4).Select(Knows));
    }

    [Fact]
    public async Task Who_was_let_go_is_gone_as_a_whole_and_comes_back_as_a_whole()
    {
        await _book.Load([Jid(0)]);
        await _book.Load([Jid(1), Jid(2), Jid(3)]);
        Assert.Equal((null, null, null, null), (_book.Party(Jid(0)), _book.Chat("c_0"), _book.ChatWith(Party(0)), _book.ContactOf(Party(0))));

        Assert.Equal("c_0", (await _book.LoadChat("c_0"))!.Id);
        Assert.Equal((Party(0), "c_0", "Person 0"), (_book.Party(Jid(0)), _book.ChatWith(Party(0))!.Id, _book.ContactOf(ChatOf(0))!.Name));
    }

    [Fact]
    public async Task What_somebody_at_work_looked_up_stays_until_they_are_done()
    {
        using (_readers.Enter())
        {
            for (var i = 0; i < 10; i++)
            {
                await _book.LoadChat($"c_{i}");
            }

            Assert.All(Enumerable.Range(0, 10), i => Assert.True(Knows(i)));
        }

        Assert.Equal(Limit, _book.Count);
        Assert.Equal([7, 8, 9], Enumerable.Range(0, 10).Where(Knows));
    }

    [Fact]
    public async Task What_is_on_its_way_to_storage_stays_until_it_is_stored()
    {
        await _book.Load([Jid(0)]);
        var began = _readers.Next();
        _book.Put(ChatOf(0) with { UnreadCount = 7 });
        using (_readers.Enter(began))
        {
            await _book.Load([Jid(1), Jid(2), Jid(3), Jid(4)]);

            Assert.Equal(7, _book.Chat("c_0")!.UnreadCount);
        }

        Assert.False(Knows(0));
    }

    [Fact]
    public async Task A_slow_answer_does_not_bring_back_what_was_changed_and_let_go_meanwhile()
    {
        _stored.IsSlow = true;
        var slow = _book.LoadChat("c_0");
        _stored.IsSlow = false;
        await _book.Load([Jid(0)]);
        _book.Put(ChatOf(0) with { UnreadCount = 7 });
        _stored.Store(_book.Chat("c_0")!);
        await _book.Load([Jid(1), Jid(2), Jid(3), Jid(4)]);
        _stored.Answer(0);

        Assert.Equal(7, (await slow)!.UnreadCount);
    }

    [Fact]
    public async Task What_is_in_the_book_is_not_read_again()
    {
        await _book.Load([Jid(0)]);
        var asked = _stored.Asked;

        await _book.Load([Jid(0)]);
        await _book.LoadChat("c_0");

        Assert.Equal(asked, _stored.Asked);
    }

    [Fact]
    public async Task A_merge_that_another_number_stored_is_seen_when_one_side_is_read()
    {
        await _book.Load([Jid(1)]);
        MergeStored();

        await _book.Load([Jid(0)]);

        Assert.Equal(Party(0), _book.Party(Jid(1)));
        Assert.Equal([(Party(0), "c_1")], _book.TakeDoubles());
        Assert.Equal(("c_0", "Person 0"), (_book.ChatWith(Party(1))!.Id, _book.ContactOf(ChatOf(1))!.Name));
    }

    [Theory]
    [InlineData(new int[0])]
    [InlineData(new[] { 0 })]
    [InlineData(new[] { 1 })]
    [InlineData(new[] { 0, 1 })]
    public async Task A_merge_that_another_number_stored_can_be_followed(int[] known)
    {
        await _book.Load([.. known.Select(Jid)]);
        MergeStored();

        await _book.Follow([Jid(0), Jid(1)]);

        Assert.Equal([(Party(0), "c_1")], _book.TakeDoubles());
        Assert.Equal("c_0", _book.ChatWith(Party(0))!.Id);
        Assert.Equal((Party(0), Party(0)), (_book.Party(Jid(0)), _book.Party(Jid(1))));
        Assert.Equal(known.Contains(1) ? Party(0) : null, _book.MergedInto(Party(1)));
        Assert.Equal("Person 0", _book.ContactOf(_book.Chat("c_1")!)!.Name);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_merge_that_is_stored_between_two_reads_leaves_nobody_twice(int reads)
    {
        _stored.IsSlow = true;
        var load = _book.Load([Jid(0), Jid(1)]);
        for (var read = 1; read < reads; read++)
        {
            _stored.Answer(0);
        }

        MergeStored();
        _stored.IsSlow = false;
        _stored.Answer(0);
        await load;

        Assert.Equal((Party(0), Party(0)), (_book.Party(Jid(0)), _book.Party(Jid(1))));
        Assert.Equal([(Party(0), "c_1")], _book.TakeDoubles());
        Assert.Equal(("c_0", "Person 0"), (_book.ChatWith(Party(0))!.Id, _book.ContactOf(Party(1))!.Name));
    }

    [Fact]
    public async Task A_chat_whose_person_is_somebody_else_by_now_is_found_by_its_id()
    {
        await _book.Load([Jid(0)]);
        MergeStored();

        Assert.Equal("c_1", (await _book.LoadChat("c_1"))!.Id);
        Assert.Equal([(Party(0), "c_1")], _book.TakeDoubles());
    }

    // As another number writes it: parties and contacts are one, and it knows nothing of the chats of this number.
    private void MergeStored()
    {
        _stored.Store(new PartyMerge(Party(1), Party(0)));
        _stored.Store(new ContactDocument { Id = "ct_1", Version = 2, Party = Party(1), Name = "Person 1", MergedInto = "ct_0", CreatedAt = Now, UpdatedAt = Now });
    }

    private bool Knows(int i) => _book.Party(Jid(i)) is not null;

    private static string Jid(int i) => $"9198{i:D6}@s.whatsapp.net";

    private static string Party(int i) => $"p_{i}";

    private static ChatDocument ChatOf(int i) => new()
    {
        Id = $"c_{i}", Number = "n1", Party = Party(i), Jid = Jid(i), Type = ChatType.Direct, CreatedAt = Now.AddSeconds(i), UpdatedAt = Now,
    };
}
