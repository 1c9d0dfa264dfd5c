namespace Loopwave.Chats;

/// <summary>
/// Who is at work with the chats of a number at this moment. What was looked up since the first of them began stays in the
/// book, so that what a change was decided on is there until the change is stored. Outlives a book: work goes on while a
/// new one is begun. Not thread-safe.
/// </summary>
internal sealed class BookReaders
{
    private readonly SortedSet<(long Since, long Id)> _readers = [];
    private long _now;

    /// <summary>The book that is in use, which may grow small again whenever somebody leaves.</summary>
    public ChatBook? Book { get; set; }

    /// <summary>Since when everything that was looked up must stay.</summary>
    public long Since => _readers.Count == 0 ? long.MaxValue : _readers.Min.Since;

    /// <summary>A moment later than all before: counted, not measured.</summary>
    public long Next() => ++_now;

    /// <summary>Somebody begins to work; disposing what is returned ends it.</summary>
    public IDisposable Enter() => Enter(Next());

    /// <summary>The same, and has been at work since an earlier moment.</summary>
    public IDisposable Enter(long since)
    {
        var reader = new Reader(this, (since, Next()));
        _readers.Add(reader.Place);
        return reader;
    }

    private sealed class Reader(BookReaders readers, (long Since, long Id) place) : IDisposable
    {
        public (long Since, long Id) Place => place;

        public void Dispose()
        {
            if (readers._readers.Remove(place))
            {
                readers.Book?.Trim();
            }
        }
    }
}
