namespace Loopwave.Chats;

/// <summary>
/// Who writes in the chats of a number, as far as the network told. It repeats itself about every 10 seconds, so whoever was
/// not heard of for a while has stopped, or their last word was lost.
/// </summary>
internal sealed class Presences
{
    /// <summary>How long somebody counts as writing after they were heard of last.</summary>
    public static readonly TimeSpan Lasts = TimeSpan.FromSeconds(25);

    private const int Most = 1000;

    private readonly Dictionary<(string Jid, string Who), Presence> _seen = [];

    public void See(string jid, string? participant, PresenceState state, DateTimeOffset now)
    {
        var who = participant ?? jid;
        _seen.Remove((jid, who));
        if (state is PresenceState.Paused)
        {
            return;
        }

        if (_seen.Count >= Most)
        {
            foreach (var over in _seen.Where(pair => !pair.Value.HoldsAt(now)).Select(pair => pair.Key).ToList())
            {
                _seen.Remove(over);
            }
        }

        if (_seen.Count < Most)
        {
            _seen[(jid, who)] = new Presence(jid, who, state, now);
        }
    }

    /// <summary>Whoever sent what they wrote is done; an address may be known in two forms.</summary>
    public void Forget(string jid, string? otherJid, string? participant, string? otherParticipant)
    {
        if (_seen.Count == 0)
        {
            return;
        }

        foreach (var chat in (string?[])[jid, otherJid])
        {
            foreach (var who in participant is null ? (string?[])[jid, otherJid] : [participant, otherParticipant])
            {
                if (chat is not null && who is not null)
                {
                    _seen.Remove((chat, who));
                }
            }
        }
    }

    public void Clear() => _seen.Clear();

    /// <summary>Whoever writes at this moment, the last heard of first.</summary>
    public IReadOnlyList<Presence> At(DateTimeOffset now) => _seen.Count == 0
        ? []
        : [.. _seen.Values.Where(presence => presence.HoldsAt(now)).OrderByDescending(presence => presence.SeenAt)];
}

/// <summary>Somebody who writes.</summary>
internal sealed record Presence(string Jid, string Who, PresenceState State, DateTimeOffset SeenAt)
{
    public DateTimeOffset Until => SeenAt + Presences.Lasts;

    // Also when the clock was set back since.
    public bool HoldsAt(DateTimeOffset now) => (now - SeenAt).Duration() < Presences.Lasts;
}
