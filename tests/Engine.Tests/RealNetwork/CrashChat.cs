namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>A message of a crash run, and what must be seen of it at the end.</summary>
/// <param name="Label">Its text, caption, place, name or question. No other message of the run has it.</param>
/// <param name="Type">As the API names it.</param>
/// <param name="Author">The phone of the person who wrote it; null is the number.</param>
internal sealed record CrashNote(string Label, string Type, string? Author)
{
    /// <summary>The API's id of what the number sent, the network's id of what a person wrote.</summary>
    public string Id { get; set; } = "";

    public byte[]? File { get; init; }

    public CrashNote? Answers { get; init; }

    /// <summary>Whether somebody changes it, which happens to each once at the most: so it is known how it ends.</summary>
    public bool IsClaimed { get; set; }

    public string? NewText { get; set; }

    public bool IsDeleted { get; set; }

    /// <summary>The reaction to it and whose it is, as <see cref="CrashView"/> words them.</summary>
    public string? Reaction { get; set; }

    public bool IsRead { get; set; }
}

/// <summary>What the number said in a chat once, by a message or by a change of one.</summary>
/// <param name="Words">As <see cref="CrashWords"/> words it.</param>
/// <param name="MostIds">
/// Under how many ids the network may have it: one. A change has no key that tells a repeat, so each time that a caller got no
/// answer and asked again may have made another one.
/// </param>
internal sealed record CrashSaid(string Words, int MostIds);

/// <summary>A chat of a number, with one person or with a group: all that was accepted and all that was said in it, each in its order.</summary>
internal sealed class CrashChat(string name, IReadOnlyList<string> persons)
{
    private readonly Lock _lock = new();
    private readonly List<CrashNote> _notes = [];
    private readonly List<CrashSaid> _said = [];

    /// <summary>As the API takes it: a phone or the address of a group.</summary>
    public string Name => name;

    /// <summary>The phones of the people in it.</summary>
    public IReadOnlyList<string> Persons => persons;

    public bool IsGroup { get; } = name.EndsWith("@g.us", StringComparison.Ordinal);

    /// <summary>What the number said, in the order of acceptance.</summary>
    public IReadOnlyList<CrashSaid> Said
    {
        get
        {
            lock (_lock)
            {
                return [.. _said];
            }
        }
    }

    public IReadOnlyList<CrashNote> Sent => Notes(note => note.Author is null);

    public IReadOnlyList<CrashNote> Received => Notes(note => note.Author is not null);

    /// <summary>A message is accepted, or was said by a person.</summary>
    public void Add(CrashNote note)
    {
        lock (_lock)
        {
            _notes.Add(note);
            if (note.Author is null)
            {
                _said.Add(new CrashSaid(note.Label, MostIds: 1));
            }
        }
    }

    /// <summary>A change of a message is accepted.</summary>
    public void Add(CrashSaid change)
    {
        lock (_lock)
        {
            _said.Add(change);
        }
    }

    /// <summary>A message that nobody changes yet, for the caller alone to change; null when there is none.</summary>
    public CrashNote? Claim(Func<CrashNote, bool> fits, Random random)
    {
        lock (_lock)
        {
            var free = _notes.Where(note => !note.IsClaimed && fits(note)).ToList();
            if (free.Count == 0)
            {
                return null;
            }

            var claimed = free[random.Next(free.Count)];
            claimed.IsClaimed = true;
            return claimed;
        }
    }

    public IReadOnlyList<CrashNote> Notes(Func<CrashNote, bool> are)
    {
        lock (_lock)
        {
            return [.. _notes.Where(are)];
        }
    }
}
