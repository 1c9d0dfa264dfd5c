namespace Loopwave.Contacts;

/// <summary>Reads of contacts.</summary>
public interface IContactStore
{
    /// <summary>The contact of each of these parties (canonical ids) that has one, merged ones left out.</summary>
    Task<IReadOnlyDictionary<string, ContactDocument>> Find(IReadOnlyCollection<string> parties);
}

/// <summary>A person as stored: so far what messages alone tell.</summary>
public sealed record ContactDocument
{
    public required string Id { get; init; }

    /// <summary>1 when it is first written, and one more with every write: see <see cref="Numbers.NumberChanges.Contacts"/>.</summary>
    public int Version { get; init; } = 1;
    public required string Party { get; init; }
    public required string Name { get; init; }

    /// <summary>The name is that of the phone's address book, which the person's own choice does not replace.</summary>
    public bool NameIsSaved { get; init; }

    /// <summary>Digits with country code; null while only the hidden address is known.</summary>
    public string? Phone { get; init; }
    public IReadOnlyList<string> Tags { get; init; } = [];
    public DateTimeOffset? LastContactedAt { get; init; }
    public string? MergedInto { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>An address (jid) and the party it belongs to. One person can have a phone form and a hidden form.</summary>
public sealed record PartyAlias(string Jid, string Party);

/// <summary>Two parties are one person: everything of <paramref name="From"/> is found under <paramref name="Into"/>.</summary>
public sealed record PartyMerge(string From, string Into);
