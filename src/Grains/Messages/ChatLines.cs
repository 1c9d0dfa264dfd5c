namespace Loopwave.Messages;

/// <summary>
/// Who is next in each chat: rows wait in order of their sequence, and nobody is next while one of the chat is busy, or
/// while the first in line is held.
/// </summary>
internal sealed class ChatLines
{
    private readonly Dictionary<string, Line> _lines = [];
    private readonly SortedSet<long> _next = [];
    private readonly HashSet<long> _held = [];

    /// <summary>The next of each chat that has one, in order of sequence over all chats.</summary>
    public IReadOnlyCollection<long> Next => _next;

    public void Wait(string chat, long sequence)
    {
        Of(chat).Waiting.Add(sequence);
        Settle(chat);
    }

    public void Leave(string chat, long sequence)
    {
        Of(chat).Waiting.Remove(sequence);
        Settle(chat);
    }

    public void Busy(string chat, long sequence)
    {
        Of(chat).Busy.Add(sequence);
        Settle(chat);
    }

    public void Free(string chat, long sequence)
    {
        Of(chat).Busy.Remove(sequence);
        Settle(chat);
    }

    /// <summary>Keeps a row where it is in its line, but nobody passes it before <see cref="Release"/>.</summary>
    public void Hold(long sequence) => _held.Add(sequence);

    public bool IsHeld(long sequence) => _held.Contains(sequence);

    public void Release(string chat, long sequence)
    {
        if (_held.Remove(sequence))
        {
            Settle(chat);
        }
    }

    /// <summary>Two lines become one, in order of sequence.</summary>
    public void Join(string from, string into)
    {
        if (!_lines.Remove(from, out var line))
        {
            return;
        }

        if (line.Next is { } next)
        {
            _next.Remove(next);
        }

        Of(into).Waiting.UnionWith(line.Waiting);
        Of(into).Busy.UnionWith(line.Busy);
        Settle(into);
    }

    private Line Of(string chat)
    {
        if (!_lines.TryGetValue(chat, out var line))
        {
            _lines.Add(chat, line = new Line());
        }

        return line;
    }

    private void Settle(string chat)
    {
        var line = Of(chat);
        long? next = line.Busy.Count == 0 && line.Waiting.Count > 0 && !_held.Contains(line.Waiting.Min) ? line.Waiting.Min : null;
        if (next != line.Next)
        {
            if (line.Next is { } before)
            {
                _next.Remove(before);
            }

            if (next is { } after)
            {
                _next.Add(after);
            }

            line.Next = next;
        }

        if (line.Busy.Count == 0 && line.Waiting.Count == 0)
        {
            _lines.Remove(chat);
        }
    }

    private sealed class Line
    {
        public SortedSet<long> Waiting { get; } = [];

        public HashSet<long> Busy { get; } = [];

        public long? Next { get; set; }
    }
}
