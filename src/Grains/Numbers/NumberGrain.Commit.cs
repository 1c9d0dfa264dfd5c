using Loopwave.Chats;
using Loopwave.Deployment;
using Loopwave.Messages;
using Loopwave.Telemetry;

namespace Loopwave.Numbers;

/// <summary>
/// Changes are stored in the order in which they were put together. After one that failed, what is really stored is read
/// again, and nothing is built on what was lost.
/// </summary>
internal sealed partial class NumberGrain
{
    private NumberWork NewWork() => new(State, Now);

    private async Task Commit(NumberWork work)
    {
        if (work.IsEmpty)
        {
            work.Settle();
            Measure(work);
            return;
        }

        // What is on its way to storage must not be read from there meanwhile.
        using var reading = _readers.Enter(work.Began);
        var (state, changes) = (State, work.Finish());
        var lane = state.Lane;
        CommitResult result;
        try
        {
            result = await ports.Numbers.Commit(changes, lane);
        }
        catch (Exception)
        {
            KeepToTell(work);
            BreakLane(lane);
            throw;
        }

        switch (result)
        {
            case CommitResult.Committed:
                state.Recent.Stored(changes.NewMessages, changes.ChangedMessages, work.Began, Now);
                _storageRetry = StorageRetry.None;
                work.Settle();
                Measure(work);
                LookAgain(work.Begun);
                TellOthers(work.Learned);
                return;
            case CommitResult.StaleEpoch:
                GiveUpOwnership();
                throw new NumberNotOwnedException(Number);
            case CommitResult.Duplicate:
                LogCameSecond(logger, Number);
                BreakLane(lane);
                throw new StorageUnavailableException("Another change came first.");
            default:
                throw new InvalidOperationException($"Unknown result {result}.");
        }
    }

    // Only what is stored has happened: a change that is put together once more must not count twice. By now the number may be
    // somebody else's.
    private void Measure(NumberWork work)
    {
        var engine = work.Number.Engine;
        if (work.Moved is { } moved)
        {
            context.Metrics.Moved(engine, moved.From, moved.To);
        }

        foreach (var row in work.Answered)
        {
            context.Sends.Answered(engine, row, work.Now);
            Tracing.Answered(row.Item, engine, work.Now);
        }

        foreach (var row in work.GivenUp)
        {
            Tracing.GivenUp(row, engine, work.Now);
        }

        foreach (var receipt in work.Receipts)
        {
            Tracing.Received(receipt, engine);
        }

        foreach (var change in work.Refused)
        {
            LogChangeRefused(logger, Number, change.Message, change.Kind, change.InGroup, change.IsAdmin);
        }
    }

    // Whoever gave the change may give it up; that what is stored is read again does not depend on them.
    private void BreakLane(CommitLane lane)
    {
        lane.Break();
        Arm();
    }

    /// <summary>
    /// After a failed commit, reads what is really stored; nothing is built on what was lost. Once at a time: a second reading
    /// that began before a change and ended after it would take the change out of memory again.
    /// </summary>
    private Task Recover() => State.Lane.IsBroken ? _reload.Run() : Task.CompletedTask;

    private async Task Reload()
    {
        var before = State;
        var stored = await ports.Numbers.Load(Number) ?? throw new InvalidOperationException($"Number {Number} is gone.");
        if (stored.Epoch != before.Epoch)
        {
            GiveUpOwnership();
            throw new NumberNotOwnedException(Number);
        }

        var queue = await LoadQueue(stored.Document.Engine);

        // Both at once, so that nobody works with one of them before the other is there.
        queue.TakeOver(_queue);
        _queue = queue;
        _state = NewState(stored);
        if (!before.Settled.NeedsSaving(Session))
        {
            // How far an attempt to connect is was never stored, and still holds.
            State.GoOnWith(before.Settled);
        }

        LogReloaded(logger, Number);
        Arm();
        Pump();
        TellWhatWasKept();
    }

    private NumberState NewState(StoredNumber stored)
    {
        _readers.Book = new ChatBook(Number, ports.Chats, ports.Contacts, _readers, context.Options.ChatsAtHand);
        return new NumberState(
            stored.Document, stored.Epoch, Math.Max(stored.Sequence, _state?.Sequence ?? 0), stored.Day, _readers.Book);
    }

    /// <summary>Loads into the book that changes are decided on: a new one can take its place while that is under way.</summary>
    private async Task<T> Look<T>(Func<ChatBook, Task<T>> load)
    {
        while (true)
        {
            var book = State.Book;
            var loaded = await load(book);
            if (book == State.Book)
            {
                return loaded;
            }
        }
    }

    /// <summary>A message as it is stored. Whoever is going to change it holds the turn.</summary>
    private async Task<MessageDocument?> LoadMessage(string id) => State.Recent.Find(id) ?? await ports.Messages.Get(id);

    /// <inheritdoc cref="LoadMessage"/>
    private async Task<IReadOnlyList<MessageDocument>> LoadMessages(IReadOnlyCollection<string> ids)
    {
        var recent = ids.Select(State.Recent.Find).OfType<MessageDocument>().ToList();
        return recent.Count == ids.Count ? recent : [.. recent, .. await ports.Messages.Get([.. ids.Except(recent.Select(message => message.Id))])];
    }

    /// <summary>All messages of these network ids.</summary>
    private async Task<IReadOnlyList<MessageDocument>> LoadByWhatsAppId(IReadOnlyCollection<string> whatsAppIds)
    {
        var recent = whatsAppIds.Select(State.Recent.FindByWhatsAppId).OfType<MessageDocument>().ToList();
        return recent.Count == whatsAppIds.Count
            ? recent
            : [.. recent, .. await ports.Messages.FindByWhatsAppId(Number, [.. whatsAppIds.Except(recent.Select(message => message.WhatsAppId))])];
    }

    private async Task<SendQueue> LoadQueue(EngineKind engine)
    {
        const int page = 1000;
        var now = Now;
        var queue = new SendQueue(context.Options.RulesFor(engine));
        for (var after = 0L; ;)
        {
            var items = await ports.Numbers.Queue(Number, after, page);
            var later = items.Where(item => item.MayBeScheduled(now)).Select(item => item.Message).ToList();
            var messages = later.Count == 0 ? [] : await ports.Messages.Get(later);
            var sendAt = messages.ToDictionary(message => message.Id, message => message.SendAt);
            foreach (var item in items)
            {
                queue.Add(item.TakenUp(sendAt.GetValueOrDefault(item.Message), now), now);
            }

            if (items.Count < page)
            {
                return queue;
            }

            after = items[^1].Sequence;
        }
    }
}
