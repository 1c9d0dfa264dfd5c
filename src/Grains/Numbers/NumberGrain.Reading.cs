using Loopwave.Chats;
using Loopwave.Deployment;
using Loopwave.Engines;

namespace Loopwave.Numbers;

/// <summary>Marking chats read, here and at the network.</summary>
internal sealed partial class NumberGrain
{
    public Task<Outcome<ChatView>> MarkRead(string chat) => OnNumber<ChatView>(async () =>
    {
        if (await Look(book => book.LoadChat(chat)) is not { } stored)
        {
            return new Refusal(RefusalCode.NotFound, "There is no chat with this id.");
        }

        var unread = stored.UnreadCount;
        if (unread > 0)
        {
            var work = NewWork();
            work.Put(stored.Read(Now));
            work.Active(stored.Id);
            await Commit(work);
            Track(TellRead(stored, unread));
        }

        return State.Book.Chat(stored.Id)!.View(State.Book.ContactOf(stored));
    });

    // Best effort, and nobody waits for it: a receipt that is not sent changes nothing that anybody relies on.
    private async Task TellRead(ChatDocument chat, int unread)
    {
        if (!context.Options.SendReadReceipts || !Session.CanSend)
        {
            return;
        }

        try
        {
            var messages = await ports.Messages.NewestInbound(await ports.Chats.WithMerged(chat.Id), Math.Min(unread, 200));
            using var timeout = new CancellationTokenSource(EngineTimeout, context.Clock);
            var marks = messages.Select(message => new ReadMark(message.WhatsAppId, chat.Type is ChatType.Group ? message.Author.Jid : null)).ToList();
            await _engine.MarkRead(Number, State.Epoch, chat.Jid, marks, timeout.Token);
        }
        catch (Exception exception) when (exception is EngineException or OperationCanceledException or StorageUnavailableException)
        {
            LogEngineRefused(logger, exception, Number, "mark read", (exception as EngineException)?.Error);
        }
    }
}
