namespace Loopwave.Chats;

/// <summary>
/// How often a number may say what we do: often enough for somebody at a keyboard in each of a few chats, and never a flood.
/// </summary>
internal sealed class PresenceRate
{
    public const int MostPerChat = 5;
    public const int Most = 30;

    public static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly List<(string Chat, DateTimeOffset At)> _told = [];

    /// <summary>Takes a turn; or how long to wait for one.</summary>
    public TimeSpan? Take(string chat, DateTimeOffset now)
    {
        _told.RemoveAll(one => (now - one.At).Duration() >= Window);
        var ofChat = _told.Where(one => one.Chat == chat).ToList();
        if (ofChat.Count >= MostPerChat || _told.Count >= Most)
        {
            var first = ofChat.Count >= MostPerChat ? ofChat[0] : _told[0];
            var wait = first.At + Window - now;
            return wait < Window ? wait : Window;
        }

        _told.Add((chat, now));
        return null;
    }
}
