using Loopwave.Chats;
using Loopwave.Deployment;
using Loopwave.Engines;

namespace Loopwave.Numbers;

/// <summary>What people do in the chats, and what we do. In memory only, and gone with the connection.</summary>
internal sealed partial class NumberGrain
{
    private readonly Presences _presences = new();
    private readonly PresenceRate _presenceRate = new();

    public Task Report(EnginePresence presence)
    {
        if (_state is not null && !_stale && presence.Epoch == State.Epoch)
        {
            _presences.See(presence.Jid, presence.Participant, presence.State, Now);
        }

        return Task.CompletedTask;
    }

    public async Task<Typing?> GetTyping(string chat)
    {
        if (_state is null)
        {
            NotHere();
            return null;
        }

        if (_stale || _connection is null || _presences.At(Now) is not { Count: > 0 } present)
        {
            return null;
        }

        try
        {
            using var reading = _readers.Enter();
            return await Look(book => Typing(book, chat, present));
        }
        catch (StorageUnavailableException)
        {
            return null;
        }
    }

    // Neither stored nor counted, and nothing is tried again: a moment later it would not be true any more.
    public Task<Outcome<PresenceState>> SetPresence(string chat, PresenceState state) => OnNumber<PresenceState>(async () =>
    {
        if (await Look(book => book.LoadChat(chat)) is not { } stored)
        {
            return new Refusal(RefusalCode.NotFound, "There is no chat with this id.");
        }

        if (!Session.CanSend || _connection is null)
        {
            return NotReady();
        }

        if (_presenceRate.Take(stored.Id, Now) is { } wait)
        {
            return new Refusal(RefusalCode.RateLimited, "This is told too often. Every few seconds is enough.", wait);
        }

        try
        {
            using var timeout = new CancellationTokenSource(EngineTimeout, context.Clock);
            await _engine.SetPresence(Number, State.Epoch, stored.Jid, state, timeout.Token);
            return state;
        }
        catch (Exception exception) when (exception is EngineException or OperationCanceledException)
        {
            LogEngineRefused(logger, exception, Number, "show what we do", (exception as EngineException)?.Error);
            return NotReady();
        }

        static Refusal NotReady() => new(RefusalCode.NoReadySession, "The number is not ready.");
    });

    private static async Task<Typing?> Typing(ChatBook book, string chat, IReadOnlyList<Presence> present)
    {
        if (await book.LoadChat(chat) is not { } stored)
        {
            return null;
        }

        // The network may know the chat by the other form of its address.
        await book.Load([.. present.Select(presence => presence.Jid)]);
        var party = book.Party(stored.Jid);
        var here = present.Where(presence => presence.Jid == stored.Jid || (party is not null && book.Party(presence.Jid) == party)).ToList();
        return here.Count == 0
            ? null
            : new Typing(here[0].State, stored.Type is ChatType.Group ? [.. here.Select(one => one.Who).Distinct()] : [stored.Jid], here[0].Until);
    }
}
