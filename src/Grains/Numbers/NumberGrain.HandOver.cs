using Loopwave.Chats;
using Loopwave.Messages;
using Loopwave.Telemetry;

namespace Loopwave.Numbers;

/// <summary>A row that is prepared goes to the wire: what was learned of its recipient is stored with that.</summary>
internal sealed partial class NumberGrain
{
    /// <summary>
    /// Marks a row as handed over, in one commit with what the network said of its recipient. Null when there is nothing to
    /// relay: the connection went, an answer came meanwhile, or a person took the message back.
    /// </summary>
    private async Task<QueueItem?> HandOver(QueueItem item, Built built, Connection connection)
    {
        if (built.Check is not { } check)
        {
            return await StoreHanded(item, built, connection);
        }

        using var reading = _readers.Enter();
        List<string> addresses = [item.Jid, built.Jid, check.Lid ?? built.Jid];
        await Look(Load);
        if (addresses.Select(State.Book.Party).OfType<string>().Distinct().Count() < 2)
        {
            return await StoreHanded(item, built, connection);
        }

        // Two people turned out to be one: nobody may be changing messages of theirs meanwhile.
        await _turn.WaitAsync();
        try
        {
            await Look(Load);
            return await StoreHanded(item, built, connection);
        }
        finally
        {
            _turn.Release();
        }

        async Task<ChatBook> Load(ChatBook book)
        {
            await book.Load(addresses);
            return book;
        }
    }

    private async Task<QueueItem?> StoreHanded(QueueItem item, Built built, Connection connection)
    {
        if (_connection?.Id != connection.Id)
        {
            Return(item.Sequence);
            return null;
        }

        // From here to the commit nothing waits.
        var work = NewWork();
        if (built.Check is { } check)
        {
            work.Verify(_queue.Find(item.Sequence)?.Chat ?? item.Chat, item.Jid, built.Jid, check.Lid);
            JoinLines(work);
        }

        var handed = _queue.Find(item.Sequence) is { State: QueueState.Claimed } claimed
            ? Mark(claimed with { Jid = built.Jid }, connection, built.Bytes)
            : null;
        if (handed is not null)
        {
            work.Put(handed);
            if (State.Document.Engine is EngineKind.WhatsApp)
            {
                work.Keep(handed);
            }
        }

        await Commit(work);
        if (handed is not null)
        {
            context.Sends.Handed(work.Number.Engine, handed, work.Now);
            Tracing.Waited(handed, work.Number.Engine, work.Now);
        }

        return handed;
    }
}
