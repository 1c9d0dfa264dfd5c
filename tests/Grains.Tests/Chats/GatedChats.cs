using Loopwave.Contacts;

namespace Loopwave.Chats;

/// <summary>
/// Chats and people as a number's book reads them. An answer is decided when the question is asked and given when the test
/// says, as from a storage that is slow; without a gate it is given at once.
/// </summary>
internal sealed class GatedChats : IChatStore, IContactStore
{
    private readonly Dictionary<string, string> _parties = [];
    private readonly Dictionary<string, string> _merged = [];
    private readonly Dictionary<string, ChatDocument> _chats = [];
    private readonly Dictionary<string, ContactDocument> _contacts = [];
    private readonly List<TaskCompletionSource> _waiting = [];

    /// <summary>Whether answers wait for <see cref="Answer"/>.</summary>
    public bool IsSlow { get; set; }

    /// <summary>How many answers are waited for.</summary>
    public int Waiting => _waiting.Count;

    /// <summary>How many questions were asked.</summary>
    public int Asked { get; private set; }

    public void Answer(int which)
    {
        var answer = _waiting[which];
        _waiting.RemoveAt(which);
        answer.SetResult();
    }

    public void Store(string jid, string party) => _parties[jid] = party;

    public void Store(ChatDocument chat) => _chats[chat.Id] = chat;

    public void Store(ContactDocument contact) => _contacts[contact.Id] = contact;

    public void Store(PartyMerge merge) => _merged[merge.From] = merge.Into;

    public ChatDocument? Stored(string id) => _chats.GetValueOrDefault(id);

    public Task<ChatDocument?> Get(string id) => Soon(Root(id));

    public Task<IReadOnlyList<ChatDocument>> Find(string number, IReadOnlyCollection<string> parties) =>
        Soon<IReadOnlyList<ChatDocument>>([.. _chats.Values.Where(chat => chat.MergedInto is null && parties.Contains(Now(chat.Party)))]);

    public Task<IReadOnlyDictionary<string, string>> Parties(IReadOnlyCollection<string> jids) =>
        Soon<IReadOnlyDictionary<string, string>>(jids.Where(_parties.ContainsKey).ToDictionary(jid => jid, jid => Now(_parties[jid])));

    public Task<IReadOnlyDictionary<string, string>> Canonical(IReadOnlyCollection<string> parties) =>
        Soon<IReadOnlyDictionary<string, string>>(parties.Distinct().ToDictionary(party => party, Now));

    Task<IReadOnlyDictionary<string, ContactDocument>> IContactStore.Find(IReadOnlyCollection<string> parties) =>
        Soon<IReadOnlyDictionary<string, ContactDocument>>(_contacts.Values
            .Where(contact => contact.MergedInto is null && parties.Contains(Now(contact.Party))).ToDictionary(contact => Now(contact.Party)));

    Task<IReadOnlyList<ChatDocument>> IChatStore.FindAnywhere(string party) => throw new NotSupportedException();

    Task<IReadOnlyList<string>> IChatStore.WithMerged(string chat) => throw new NotSupportedException();

    Task<Page<ChatDocument>> IChatStore.List(ChatQuery query) => throw new NotSupportedException();

    private ChatDocument? Root(string id)
    {
        var chat = _chats.GetValueOrDefault(id);
        while (chat?.MergedInto is { } into)
        {
            chat = _chats[into];
        }

        return chat;
    }

    private string Now(string party) => _merged.GetValueOrDefault(party, party);

    private async Task<T> Soon<T>(T answer)
    {
        Asked++;
        if (IsSlow)
        {
            var wait = new TaskCompletionSource();
            _waiting.Add(wait);
            await wait.Task.ConfigureAwait(false);
        }

        return answer;
    }
}
