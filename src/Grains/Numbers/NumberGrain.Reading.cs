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

    private readonly Dictionary<string, Task<Outcome<MediaView>>> _fetching = [];
    private HistoryJob? _history;

    private DateTimeOffset? HistoryDeadline => _history?.Deadline;

    public Task<Outcome<ChatView>> MarkRead(string chat) => OnNumber<ChatView>(async () =>
    {
        if (await State.Book.LoadChat(chat) is not { } stored)
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
        finally
        {
            _fetching.Remove(media);
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

        var chats = await ChatsForHistory(request.Chat);
        if (chats is null)
        {
            return new Refusal(RefusalCode.NotFound, "There is no chat with this id on this number.");
        }

        _history = new HistoryJob(chats.Count, Now + HistoryTimeout);
        await SetHistory(new HistoryProgress(HistoryState.Syncing, 0));
        Track(RequestHistory(chats, _history));
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
                MediaWrite.DiskFull => await NotFetched(media, new("disk_full", "There is no room for the file."), RefusalCode.DiskFull),
                var unknown => throw new InvalidOperationException($"Unknown result {unknown}."),
            };
        }
        catch (EngineException exception) when (exception.Error is EngineError.Gone)
        {
            return await NotFetched(media, new("gone", "WhatsApp no longer has the file."), RefusalCode.MediaUnavailable);
        }
        catch (Exception exception) when (exception is EngineException or OperationCanceledException or IOException)
        {
            LogEngineRefused(logger, exception, Number, "fetch media", (exception as EngineException)?.Error);
            return await NotFetched(media, new("not_fetched", "The file could not be fetched. Try again."), RefusalCode.MediaUnavailable);
        }
    }

    private async Task<Outcome<MediaView>> Fetched(MediaDocument media, MediaWrite.Stored stored)
    {
        var ready = media with { State = MediaState.Ready, Reason = null, Hash = stored.Hash, Size = stored.Size, UsedAt = Now };
        await ports.Media.Put(ready);
        return ready.View();
    }

    private async Task<Outcome<MediaView>> NotFetched(MediaDocument media, Cause reason, RefusalCode code)
    {
        await ports.Media.Put(media with { State = MediaState.Failed, Reason = reason });
        return new Refusal(code, reason.Message);
    }

    private async Task<IReadOnlyList<ChatDocument>?> ChatsForHistory(string? chat)
    {
        if (chat is not null)
        {
            return await State.Book.LoadChat(chat) is { } one ? [one] : null;
        }

        var page = await ports.Chats.List(new ChatQuery(new ChatFilter(Number: Number), new PageRequest(HistoryChats), Access.All));
        return page.Data;
    }

    private async Task RequestHistory(IReadOnlyList<ChatDocument> chats, HistoryJob job)
    {
        foreach (var chat in chats)
        {
            var oldest = await ports.Messages.Oldest(await ports.Chats.WithMerged(chat.Id));
            if (oldest is null)
            {
                await Answered(job);
                continue;
            }

            try
            {
                using var timeout = new CancellationTokenSource(EngineTimeout, context.Clock);
                var target = new TargetMessage(oldest.WhatsAppId, oldest.FromMe, oldest.FromMe ? null : oldest.Author.Jid);
                await _engine.RequestHistory(Number, State.Epoch, new EngineHistoryRequest(job.Expect(), chat.Jid, target, oldest.Timestamp, HistoryBatch), timeout.Token);
            }
            catch (Exception exception) when (exception is EngineException or OperationCanceledException)
            {
                LogEngineRefused(logger, exception, Number, "ask for history", (exception as EngineException)?.Error);
                await EndHistory(new("not_connected", "The connection was lost while older messages were fetched."));
                return;
            }
        }

        if (chats.Count == 0)
        {
            await EndHistory(null);
        }
    }

    // The first import after linking tells its own progress; an import on demand counts the chats that have answered.
    private HistoryProgress HistoryAfter(EngineEvent.HistoryReceived history)
    {
        if (history.Request is null)
        {
            return history.Done ? new HistoryProgress(HistoryState.Done, 100) : new HistoryProgress(HistoryState.Syncing, history.Percent);
        }

        if (_history is not { } job || !history.Done || !job.Answer(history.Request))
        {
            return State.Document.History;
        }

        job.Deadline = Now + HistoryTimeout;
        if (!job.IsDone)
        {
            return new HistoryProgress(HistoryState.Syncing, job.Percent);
        }

        _history = null;
        return new HistoryProgress(HistoryState.Done, 100);
    }

    private async Task Answered(HistoryJob job)
    {
        job.Skip();
        if (job.IsDone)
        {
            await EndHistory(null);
        }
    }

    private void EndOverdueHistory()
    {
        if (_history is { } job && job.Deadline <= Now)
        {
            Track(EndHistory(new("phone_offline", "The phone did not answer. It must be on and connected.")));
        }
    }

    private void EndUnfinishedHistory()
    {
        if (State.Document.History.State is HistoryState.Syncing)
        {
            Track(EndHistory(new("interrupted", "The import of older messages was interrupted. Ask for it again.")));
        }
    }

    private Task EndHistory(Cause? reason)
    {
        _history = null;
        return SetHistory(new HistoryProgress(HistoryState.Done, reason is null ? 100 : State.Document.History.Percent, reason));
    }

    private async Task SetHistory(HistoryProgress history)
    {
        var work = NewWork();
        work.Change(State.Document with { History = history });
        await Commit(work);
    }

    /// <summary>An import on demand: how many of its chats have answered.</summary>
    private sealed class HistoryJob(int chats, DateTimeOffset deadline)
    {
        private readonly HashSet<string> _expected = [];
        private int _asked;
        private int _answered;

        public DateTimeOffset Deadline { get; set; } = deadline;

        public bool IsDone => _answered >= chats;

        public int Percent => chats == 0 ? 100 : 100 * _answered / chats;

        public string Expect()
        {
            var request = $"h{++_asked}";
            _expected.Add(request);
            return request;
        }

        public bool Answer(string request)
        {
            var expected = _expected.Remove(request);
            _answered += expected ? 1 : 0;
            return expected;
        }

        public void Skip() => _answered++;
    }
}
