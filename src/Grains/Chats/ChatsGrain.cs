using Loopwave.Contacts;
using Loopwave.Numbers;
using Orleans.Concurrency;

namespace Loopwave.Chats;

/// <summary>Lists and finds chats. Keeps nothing; changes go to the chat's number.</summary>
[StatelessWorker, Reentrant]
internal sealed class ChatsGrain(IChatStore chats, IContactStore contacts, ChatFinder finder) : Grain, IChatsGrain
{
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

    public async Task<Outcome<ChatView>> MarkRead(string chat, Access access) =>
        await finder.Find(chat, null, access) is { } found
            ? await GrainFactory.GetGrain<INumberGrain>(found.Number).MarkRead(found.Id)
            : NotFound();

    private async Task<IReadOnlyList<ChatView>> View(IReadOnlyList<ChatDocument> found)
    {
        var parties = await chats.Canonical([.. found.Select(chat => chat.Party).Distinct()]);
        var people = await contacts.Find([.. parties.Values.Distinct()]);
        return [.. found.Select(chat => chat.View(
            parties.TryGetValue(chat.Party, out var party) ? people.GetValueOrDefault(party) : null))];
    }

    private static Refusal NotFound() => new(RefusalCode.NotFound, "There is no such chat.");
}
