using Loopwave.Chats;
using Loopwave.Engines;

namespace Loopwave.Numbers;

/// <summary>Older messages: the import after linking, and asking for more on demand (<see cref="HistoryJob"/>).</summary>
internal sealed partial class NumberGrain
{
    private const int HistoryChats = 50;
    private const int HistoryBatch = 50;
    private static readonly TimeSpan HistoryTimeout = TimeSpan.FromSeconds(60);
    private static readonly Cause HistoryCut = new("not_connected", "The connection was lost while older messages were fetched.");
    private static readonly Cause ImportCut = new("interrupted", "The import of older messages was interrupted. Ask for it again.");

    private HistoryJob? _history;
    private int _historyRequests;

    // A clock that was set back must not make a job wait for longer than it would have.
    private DateTimeOffset? HistoryDeadline =>
        _history is not { } job ? null : job.Deadline - Now > HistoryTimeout ? Now : job.Deadline;

    public Task<Outcome<NumberView>> SyncHistory(HistoryRequest request) => OnNumber<NumberView>(async () =>
    {
        if (!Session.CanSend)
        {
            return new Refusal(RefusalCode.NoReadySession, "The number is not ready.");
        }

        if (_history is not null)
        {
            return new Refusal(RefusalCode.Conflict, "Older messages are being fetched already.");
        }

        // Taken before anything waits, so that of two requests at once one is refused.
        var job = _history = new HistoryJob(Now + HistoryTimeout);
        try
        {
            if (await ChatsForHistory(request.Chat) is not { } chats)
            {
                _history = null;
                return new Refusal(RefusalCode.NotFound, "There is no chat with this id on this number.");
            }

            job.Begin(chats.Count);
            await SetHistory(new HistoryProgress(HistoryState.Syncing, 0));
            Track(RequestHistory(chats, job));
        }
        catch
        {
            _history = null;
            throw;
        }

        Arm();
        return View();
    });

    private async Task<IReadOnlyList<ChatDocument>?> ChatsForHistory(string? chat)
    {
        if (chat is not null)
        {
            return await Look(book => book.LoadChat(chat)) is { } one ? [one] : null;
        }

        var page = await ports.Chats.List(new ChatQuery(new ChatFilter(Number: Number), new PageRequest(HistoryChats), Access.All));
        return page.Data;
    }

    private async Task RequestHistory(IReadOnlyList<ChatDocument> chats, HistoryJob job)
    {
        foreach (var chat in chats)
        {
            var oldest = await ports.Messages.Oldest(await ports.Chats.WithMerged(chat.Id));
            if (_history != job)
            {
                return;
            }

            if (oldest is null)
            {
                job.Skip();
                continue;
            }

            try
            {
                using var timeout = new CancellationTokenSource(EngineTimeout, context.Clock);
                var target = new TargetMessage(oldest.WhatsAppId, oldest.FromMe, oldest.FromMe ? null : oldest.Author.Jid);
                await _engine.RequestHistory(Number, State.Epoch, new EngineHistoryRequest(job.Expect($"h{State.Epoch}.{++_historyRequests}"), chat.Jid, target, oldest.Timestamp, HistoryBatch), timeout.Token);
            }
            catch (Exception exception) when (exception is EngineException or OperationCanceledException)
            {
                LogEngineRefused(logger, exception, Number, "ask for history", (exception as EngineException)?.Error);
                await EndHistory(job, HistoryCut);
                return;
            }
        }

        if (job.IsDone)
        {
            await EndHistory(job, null);
        }
    }

    // The first import after linking tells its own progress; an import on demand counts the chats that have answered.
    private HistoryProgress HistoryAfter(HistoryProgress before, EngineEvent.HistoryReceived history)
    {
        if (history.Request is null)
        {
            return history.Done ? new HistoryProgress(HistoryState.Done, 100) : new HistoryProgress(HistoryState.Syncing, history.Percent);
        }

        if (_history is not { } job || !history.Done || !job.Answer(history.Request))
        {
            return before;
        }

        job.Deadline = Now + HistoryTimeout;
        return job.IsDone ? new HistoryProgress(HistoryState.Done, 100) : new HistoryProgress(HistoryState.Syncing, job.Percent);
    }

    // Whoever would answer is gone. A part of the first import that WhatsApp still has comes on the next connection and goes on with it;
    // one that was lost with its host never comes.
    private HistoryProgress HistoryWithoutConnection(HistoryProgress before) => _history switch
    {
        { HasBegun: true } => Ended(before, HistoryCut),
        null when before.State is HistoryState.Syncing => Ended(before, ImportCut),
        _ => before,
    };

    // Only what is stored has happened: a job is forgotten when its end is.
    private void ForgetEndedHistory()
    {
        if (_history is { HasBegun: true } && State.Document.History.State is not HistoryState.Syncing)
        {
            _history = null;
        }
    }

    private void EndOverdueHistory()
    {
        if (_history is { } job && HistoryDeadline <= Now)
        {
            Track(EndHistory(job, new("phone_offline", "The phone did not answer. It must be on and connected.")));
        }
    }

    private void EndUnfinishedHistory()
    {
        if (State.Document.History.State is HistoryState.Syncing)
        {
            Track(SetHistory(Ended(State.Document.History, ImportCut)));
        }
    }

    private async Task EndHistory(HistoryJob job, Cause? reason)
    {
        if (_history == job)
        {
            _history = null;
            try
            {
                await SetHistory(Ended(State.Document.History, reason));
            }
            catch
            {
                // Still under way, as far as anybody can read: its deadline ends it once more.
                _history ??= job;
                throw;
            }
        }
    }

    private static HistoryProgress Ended(HistoryProgress before, Cause? reason) =>
        new(HistoryState.Done, reason is null ? 100 : before.Percent, reason);

    private async Task SetHistory(HistoryProgress history)
    {
        var work = NewWork();
        work.Change(State.Document with { History = history });
        await Commit(work);
    }
}
