using Loopwave.Chats;
using Loopwave.Engines;

namespace Loopwave.Numbers;

/// <summary>Older messages: the import after linking, and asking for more on demand (<see cref="HistoryJob"/>).</summary>
internal sealed partial class NumberGrain
{
    private const int HistoryChats = 50;
    private const int HistoryBatch = 50;
    private static readonly TimeSpan HistoryTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ImportTimeout = TimeSpan.FromMinutes(2);
    private static readonly Cause HistoryCut = new("not_connected", "The connection was lost while older messages were fetched.");
    private static readonly Cause ImportCut = new("interrupted", "The import of older messages was interrupted. Ask for it again.");
    private static readonly Cause ImportStalled = new(
        "interrupted", "The phone sent no more older messages for two minutes. It must be on and connected. Ask for the rest again.");
    private static readonly Cause HistoryLost = new("interrupted", "Some older messages could not be downloaded. Ask for them again.");
    private static readonly Cause PhoneOffline = new("phone_offline", "The phone did not answer. It must be on and connected.");

    private HistoryJob? _history;
    private int _historyRequests;

    // By when the next part of the import after linking comes; null while this activation has seen none.
    private DateTimeOffset? _importDeadline;

    private DateTimeOffset? HistoryDeadline => _history is { } job ? NoLater(job.Deadline, HistoryTimeout)
        : State.Document.History.State is HistoryState.Syncing ? NoLater(_importDeadline ?? DateTimeOffset.MinValue, ImportTimeout)
        : null;

    // A clock that was set back must not make anything wait for longer than it would have.
    private DateTimeOffset NoLater(DateTimeOffset deadline, TimeSpan timeout) => deadline - Now > timeout ? Now : deadline;

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
            await EndHistory(job, ReasonOf(job.Failed));
        }
    }

    // The first import after linking tells its own progress; an import on demand counts the chats that have answered.
    private HistoryProgress HistoryAfter(HistoryProgress before, EngineEvent.HistoryReceived history)
    {
        if (history.Request is null)
        {
            return ImportAfter(before, history);
        }

        if (_history is not { } job || !history.Done || !job.Answer(history.Request, history.Failed))
        {
            return before;
        }

        job.Deadline = Now + HistoryTimeout;
        return job.IsDone
            ? new HistoryProgress(HistoryState.Done, job.Percent, ReasonOf(job.Failed))
            : new HistoryProgress(HistoryState.Syncing, job.Percent);
    }

    // Names and settings come at any time, also after the last part, and do not say how far the import is: they begin none.
    private HistoryProgress ImportAfter(HistoryProgress before, EngineEvent.HistoryReceived part)
    {
        _importDeadline = Now + ImportTimeout;
        return part.Done ? Ended(before, ReasonOf(part.Failed))
            : part.Percent is { } percent ? new HistoryProgress(HistoryState.Syncing, percent)
            : before;
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

    // What could not be stored is due again as soon as what is stored is read: then it is still under way.
    private void EndOverdueHistory()
    {
        if (!(HistoryDeadline <= Now))
        {
            return;
        }

        Track(_history is { } job
            ? EndHistory(job, PhoneOffline)
            : SetHistory(Ended(State.Document.History, _importDeadline is null ? ImportCut : ImportStalled)));
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

    private static Cause? ReasonOf(HistoryFailure? failed) => failed switch
    {
        HistoryFailure.Unanswered => PhoneOffline,
        HistoryFailure.Lost => HistoryLost,
        _ => null,
    };

    private static HistoryProgress Ended(HistoryProgress before, Cause? reason) =>
        new(HistoryState.Done, reason is null ? 100 : before.Percent, reason);

    private async Task SetHistory(HistoryProgress history)
    {
        var work = NewWork();
        work.Change(State.Document with { History = history });
        await Commit(work);
    }
}
