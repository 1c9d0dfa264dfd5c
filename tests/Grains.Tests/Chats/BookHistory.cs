using Xunit;

namespace Loopwave.Chats;

/// <summary>
/// One life of a chat book with a limit: work that interleaves the way a number's calls do, a storage that answers late and
/// out of order, and commits that are applied in order. Everybody counts one up in each of their chats; nobody may count on
/// top of anything but the latest, nor miss what was looked up.
/// </summary>
internal sealed class BookHistory
{
    private const int Limit = 2;
    private const int People = 8;
    private static readonly DateTimeOffset Now = new(2026, 6, 29, 10, 0, 0, TimeSpan.Zero);

    private readonly GatedChats _stored = new() { IsSlow = true };
    private readonly BookReaders _readers = new();
    private readonly ChatBook _book;
    private readonly int[] _counts = new int[People];
    private readonly Queue<(List<Action> Writes, TaskCompletionSource Done)> _commits = [];
    private readonly List<Task> _work = [];

    public BookHistory()
    {
        _readers.Book = _book = new ChatBook("n1", _stored, _stored, _readers, Limit);
    }

    public int LetGo { get; private set; }

    public void Do(int what, int which)
    {
        var before = _book.Count;
        switch (what)
        {
            case 0 or 1:
                _work.Add(Count([which % People, which / 10 % People, which / 100 % People]));
                break;
            case 2:
                _work.Add(Glance(which % People));
                break;
            case 3 or 4 or 5 or 6 when _stored.Waiting > 0:
                _stored.Answer(which % _stored.Waiting);
                break;
            case 7 or 8:
                Store();
                break;
        }

        LetGo += Math.Max(0, before - _book.Count);
        Assert.All(_work, work => Assert.False(work.IsFaulted, work.Exception?.ToString()));
    }

    public void End()
    {
        while (_work.Any(work => !work.IsCompleted))
        {
            if (_stored.Waiting > 0)
            {
                _stored.Answer(0);
            }

            Store();
        }

        Assert.All(_work, work => Assert.True(work.IsCompletedSuccessfully, work.Exception?.ToString()));
        Assert.All(Enumerable.Range(0, People), i => Assert.Equal(_counts[i], _stored.Stored(ChatOf(i).Id)?.UnreadCount ?? 0));
        Assert.InRange(_book.Count, 0, Limit);
    }

    // Looks several people up, one after the other, and changes their chats in one go.
    private async Task Count(int[] people)
    {
        using var reading = _readers.Enter();
        foreach (var i in people)
        {
            await _book.Load([Jid(i)]).ConfigureAwait(false);
        }

        var began = _readers.Next();
        var writes = new List<Action>();
        foreach (var i in people.Distinct())
        {
            var chat = _book.Party(Jid(i)) is { } party ? _book.ChatWith(party)! : Begin(i, writes);
            Assert.Equal(_counts[i], chat.UnreadCount);
            _counts[i]++;
            var counted = chat with { UnreadCount = chat.UnreadCount + 1 };
            _book.Put(counted);
            writes.Add(() => _stored.Store(counted));
        }

        await Commit(began, writes).ConfigureAwait(false);
    }

    // Looks one chat up, and notes something on it much later if it is still there.
    private async Task Glance(int i)
    {
        await _book.LoadChat(ChatOf(i).Id).ConfigureAwait(false);
        var began = _readers.Next();
        if (_book.Chat(ChatOf(i).Id) is { } chat)
        {
            Assert.Equal(_counts[i], chat.UnreadCount);
            var seen = chat with { Verified = true };
            _book.Put(seen);
            await Commit(began, [() => _stored.Store(seen)]).ConfigureAwait(false);
        }
    }

    private ChatDocument Begin(int i, List<Action> writes)
    {
        Assert.Equal(0, _counts[i]);
        _book.Know(Jid(i), $"p_{i}");
        _book.Put($"p_{i}", ChatOf(i));
        writes.Add(() => _stored.Store(Jid(i), $"p_{i}"));
        return ChatOf(i);
    }

    private async Task Commit(long began, List<Action> writes)
    {
        using var reading = _readers.Enter(began);
        var done = new TaskCompletionSource();
        _commits.Enqueue((writes, done));
        await done.Task.ConfigureAwait(false);
    }

    private void Store()
    {
        if (_commits.TryDequeue(out var commit))
        {
            commit.Writes.ForEach(write => write());
            commit.Done.SetResult();
        }
    }

    private static string Jid(int i) => $"9198{i:D6}@s.whatsapp.net";

    private static ChatDocument ChatOf(int i) => new()
    {
        Id = $"c_{i}", Number = "n1", Party = $"p_{i}", Jid = Jid(i), Type = ChatType.Direct, CreatedAt = Now, UpdatedAt = Now,
    };
}
