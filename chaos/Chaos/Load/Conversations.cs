namespace Loopwave.Chaos.Load;

/// <summary>
/// Chats to write in. Each belongs to whoever took it until it is given back, so that the order in which its messages are accepted
/// is the order in which they were asked for.
/// </summary>
internal sealed class Conversations(IReadOnlyList<Conversation> all, int seed)
{
    private const int Tries = 8;

    private readonly Lock _lock = new();
    private readonly Random _random = new(seed);
    private readonly bool[] _taken = new bool[all.Count];
    private readonly int[] _places = new int[all.Count];

    /// <summary>A chat that nobody writes in now, by chance; null when so many in a row were taken that most are.</summary>
    public (int Index, Conversation Conversation, int Place)? Take()
    {
        lock (_lock)
        {
            for (var i = 0; i < Tries; i++)
            {
                var index = _random.Next(all.Count);
                if (!_taken[index])
                {
                    _taken[index] = true;
                    return (index, all[index], _places[index]++);
                }
            }

            return null;
        }
    }

    public void GiveBack(int index)
    {
        lock (_lock)
        {
            _taken[index] = false;
        }
    }

    /// <summary>Any chat, by chance.</summary>
    public Conversation Any()
    {
        lock (_lock)
        {
            return all[_random.Next(all.Count)];
        }
    }
}
