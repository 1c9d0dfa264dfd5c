using Loopwave.Engines;

namespace Loopwave.Numbers;

/// <summary>An import on demand: how many of its chats have answered.</summary>
internal sealed class HistoryJob(DateTimeOffset deadline)
{
    private readonly HashSet<string> _expected = [];
    private readonly Dictionary<string, HistoryFailure?> _answered = [];
    private int _chats;
    private int _skipped;

    public DateTimeOffset Deadline { get; set; } = deadline;

    public bool HasBegun { get; private set; }

    public bool IsDone => _answered.Count + _skipped >= _chats;

    public int Percent => _chats == 0 ? 100 : 100 * (_answered.Values.Count(failed => failed is null) + _skipped) / _chats;

    /// <summary>Why at least one of the chats has not got what was asked for.</summary>
    public HistoryFailure? Failed => _answered.Values.FirstOrDefault(failed => failed is not null);

    public void Begin(int chats)
    {
        _chats = chats;
        HasBegun = true;
    }

    public string Expect(string request)
    {
        _expected.Add(request);
        return request;
    }

    /// <summary>Whether this is an answer to this job; the same one may be taken again after a failed write.</summary>
    public bool Answer(string request, HistoryFailure? failed)
    {
        if (_expected.Contains(request))
        {
            _answered.TryAdd(request, failed);
            return true;
        }

        return false;
    }

    /// <summary>A chat without a message has nothing that could be older.</summary>
    public void Skip() => _skipped++;
}
