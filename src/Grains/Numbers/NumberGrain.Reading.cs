using Loopwave.Chats;
using Loopwave.Deployment;
using Loopwave.Engines;
using Loopwave.Media;
using Loopwave.Messages;

namespace Loopwave.Numbers;

/// <summary>Reading: marking chats read, fetching files, asking for older messages.</summary>
internal sealed partial class NumberGrain
{
    private const int HistoryChats = 50;
    private const int HistoryBatch = 50;
    private static readonly TimeSpan HistoryTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan MediaTimeout = TimeSpan.FromSeconds(60);
    private static readonly Cause NoRoom = new("disk_full", "There is no room for the file.");
    private static readonly Cause HistoryCut = new("not_connected", "The connection was lost while older messages were fetched.");

    private readonly Dictionary<string, Task<Outcome<MediaView>>> _fetching = [];
    private HistoryJob? _history;
    private int _historyRequests;

    // A clock that was set back must not make a job wait for longer than it would have.
    private DateTimeOffset? HistoryDeadline =>
        _history is not { } job ? null : job.Deadline - Now > HistoryTimeout ? Now : job.Deadline;

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

    public async Task<Outcome<MediaView>> FetchMedia(string media)
    {
        if (_state is null)
        {
            return UnknownNumber();
        }

        // Whoever asks while a file is under way waits for the same download.
        if (!_fetching.TryGetValue(media, out var fetch))
        {
            _fetching.Add(media, fetch = Fetch(media));
        }

        try
        {
            return await fetch;
        }
        catch (StorageUnavailableException)
        {
            return StorageUnavailable();
        }
        finally
        {
            if (_fetching.GetValueOrDefault(media) == fetch)
            {
                _fetching.Remove(media);
            }
        }
    }

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

    private async Task<Outcome<MediaView>> Fetch(string id)
    {
        var media = (await ports.Media.Get([id])).GetValueOrDefault(id);
        if (media?.Remote is null || media.Number != Number)
        {
            return new Refusal(RefusalCode.NotFound, "There is no file with this id.");
        }

        if (!Session.CanSend)
        {
            return new Refusal(RefusalCode.MediaUnavailable, "The file is fetched through its number, which is not connected at the moment. Try again when it is ready.");
        }

        await ports.Media.Put(media with { State = MediaState.Loading, Reason = null });
        var path = ports.Files.NewTransferPath();
        try
        {
            using var timeout = new CancellationTokenSource(MediaTimeout, context.Clock);
            await _engine.FetchMedia(Number, State.Epoch, media.Remote, path, timeout.Token);
            return await ports.Files.Adopt(path, timeout.Token) switch
            {
                MediaWrite.Stored stored => await Fetched(media, stored),
                MediaWrite.TooLarge => await NotFetched(media, new("too_large", "The file is too large."), RefusalCode.MediaUnavailable),
                MediaWrite.DiskFull => await NotFetched(media, NoRoom, RefusalCode.DiskFull),
                var unknown => throw new InvalidOperationException($"Unknown result {unknown}."),
            };
        }
        catch (EngineException exception) when (exception.Error is EngineError.Gone)
        {
            return await NotFetched(media, new("gone", "WhatsApp no longer has the file."), RefusalCode.MediaUnavailable);
        }
        catch (EngineException exception) when (exception.Code == EngineException.DiskFull)
        {
            return await NotFetched(media, NoRoom, RefusalCode.DiskFull);
        }
        catch (Exception exception) when (exception is EngineException or OperationCanceledException or IOException or UnauthorizedAccessException)
        {
            LogEngineRefused(logger, exception, Number, "fetch media", (exception as EngineException)?.Error);
            return await NotFetched(media, new("not_fetched", "The file could not be fetched. Try again."), RefusalCode.MediaUnavailable);
        }
    }

    private Task<Outcome<MediaView>> Fetched(MediaDocument media, MediaWrite.Stored stored) => Note(
        media, media with { State = MediaState.Ready, Reason = null, Hash = stored.Hash, Size = stored.Size, UsedAt = Now });

    private async Task<Outcome<MediaView>> NotFetched(MediaDocument media, Cause reason, RefusalCode code)
    {
        var noted = await Note(media, media with { State = MediaState.Failed, Reason = reason });
        return noted.Refusal ?? new Refusal(code, reason.Message);
    }

    /// <summary>What became of a file and the event about its message are one change. The same as before is no news.</summary>
    private Task<Outcome<MediaView>> Note(MediaDocument before, MediaDocument after) => OnNumber<MediaView>(async () =>
    {
        await _turn.WaitAsync();
        try
        {
            var isNews = (before.State, before.Reason, before.Hash) != (after.State, after.Reason, after.Hash);
            var message = isNews && after.Message is { } id ? await ports.Messages.Get(id) : null;
            var known = await Prepare(message is null ? [] : [message], []);
            var work = NewWork();
            new Inbound(work, _queue, known.Messages, known.Canonical, known.Media).FileChanged(after, message);
            await Commit(work);
            return after.View();
        }
        finally
        {
            _turn.Release();
        }
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

    // Whoever would answer is gone.
    private HistoryProgress HistoryWithoutConnection(HistoryProgress before) =>
        _history is { HasBegun: true } ? Ended(before, HistoryCut) : before;

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
            Track(SetHistory(Ended(State.Document.History, new("interrupted", "The import of older messages was interrupted. Ask for it again."))));
        }
    }

    private async Task EndHistory(HistoryJob job, Cause? reason)
    {
        if (_history == job)
        {
            _history = null;
            await SetHistory(Ended(State.Document.History, reason));
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

    /// <summary>An import on demand: how many of its chats have answered.</summary>
    private sealed class HistoryJob(DateTimeOffset deadline)
    {
        private readonly HashSet<string> _expected = [];
        private readonly HashSet<string> _answered = [];
        private int _chats;
        private int _skipped;

        public DateTimeOffset Deadline { get; set; } = deadline;

        public bool HasBegun { get; private set; }

        public bool IsDone => _answered.Count + _skipped >= _chats;

        public int Percent => _chats == 0 ? 100 : 100 * (_answered.Count + _skipped) / _chats;

        public void Begin(int chats)
        {
            _chats = chats;
            HasBegun = true;
        }

        public string Expect(string request)
        {
            _expected.Add(request);
            return request;
        }

        /// <summary>Whether this is an answer to this job; the same one may be taken again after a failed write.</summary>
        public bool Answer(string request)
        {
            if (_expected.Contains(request))
            {
                _answered.Add(request);
                return true;
            }

            return false;
        }

        /// <summary>A chat without a message has nothing that could be older.</summary>
        public void Skip() => _skipped++;
    }
}
