using Loopwave.Cluster;
using Loopwave.Contacts;
using Loopwave.Deployment;
using Loopwave.Numbers;
using Orleans.Concurrency;

namespace Loopwave.Chats;

/// <summary>Lists and finds chats. Keeps nothing; changes go to the chat's number.</summary>
[StatelessWorker, Reentrant]
internal sealed class ChatsGrain(IChatStore chats, IContactStore contacts, ChatFinder finder, SiloLease lease, NumberReach reach, TimeProvider clock)
    : NumberWayGrain(lease, reach), IChatsGrain
{
    private static readonly TimeSpan TypingPatience = TimeSpan.FromSeconds(1);

    public async Task<Outcome<Page<ChatView>>> List(ChatFilter filter, PageRequest page, Access access)
    {
        try
        {
            var found = await chats.List(new ChatQuery(filter, page, access));
            return new Page<ChatView>(await View(found.Data), found.NextCursor);
        }
        catch (InvalidCursorException exception)
        {
            return new Refusal(RefusalCode.InvalidCursor, exception.Message);
        }
    }

    public async Task<Outcome<ChatView>> Get(string chat, string? number, Access access) =>
        await finder.Find(chat, number, access) is { } found ? (await View([found]))[0] : NotFound();

    public async Task<Outcome<ChatDetails>> GetDetails(string chat, string? number, Access access)
    {
        if (await finder.Find(chat, number, access) is not { } found)
        {
            return NotFound();
        }

        var typing = Typing(found);
        return new ChatDetails((await View([found]))[0], await typing);
    }

    public async Task<Outcome<PresenceState>> SetPresence(string chat, PresenceState state, Access access) =>
        await finder.Find(chat, null, access) is { } found
            ? await PassOn(found.Number, () => Number(found).SetPresence(found.Id, state))
            : NotFound();

    public async Task<Outcome<ChatView>> MarkRead(string chat, Access access) =>
        await finder.Find(chat, null, access) is { } found
            ? await PassOn(found.Number, () => Number(found).MarkRead(found.Id))
            : NotFound();

    // A chat can be read whatever becomes of its number; what the number cannot say at once is not worth waiting for.
    private async Task<Typing?> Typing(ChatDocument chat)
    {
        try
        {
            return await Reach.Refuse(chat.Number) is null ? await Number(chat).GetTyping(chat.Id).WaitAsync(TypingPatience, clock) : null;
        }
        catch (Exception exception) when (exception is TimeoutException or OrleansException or StorageUnavailableException)
        {
            return null;
        }
    }

    private INumberGrain Number(ChatDocument chat) => GrainFactory.GetGrain<INumberGrain>(chat.Number);

    private async Task<IReadOnlyList<ChatView>> View(IReadOnlyList<ChatDocument> found)
    {
        var parties = await chats.Canonical([.. found.Select(chat => chat.Party).Distinct()]);
        var people = await contacts.Find([.. parties.Values.Distinct()]);
        return [.. found.Select(chat => chat.View(
            parties.TryGetValue(chat.Party, out var party) ? people.GetValueOrDefault(party) : null))];
    }

    private static Refusal NotFound() => new(RefusalCode.NotFound, "There is no such chat.");
}
