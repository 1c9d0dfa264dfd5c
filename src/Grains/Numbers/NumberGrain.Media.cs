using Loopwave.Deployment;
using Loopwave.Engines;
using Loopwave.Media;
using Loopwave.Messages;

namespace Loopwave.Numbers;

/// <summary>Fetching files that came with messages, when somebody wants them.</summary>
internal sealed partial class NumberGrain
{
    private static readonly TimeSpan MediaTimeout = TimeSpan.FromSeconds(60);
    private static readonly Cause NotStored = new("not_fetched", "The file could not be stored. Try again.");
    private static readonly Cause TooLarge = new("too_large", "The file is too large.");
    private static readonly Cause Unreadable = new("unreadable", "The message does not say how to read its file, or the file is not what the message says.");
    private static readonly Cause NoRoom = new("disk_full", "There is no room for the file.");

    private readonly Dictionary<string, Task<Outcome<MediaView>>> _fetching = [];

    public async Task<Outcome<MediaView>> FetchMedia(string media)
    {
        if (_state is null)
        {
            return NotHere();
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
            await _engine.FetchMedia(Number, State.Epoch, media.Remote, path, context.Media.MaxFileBytes, timeout.Token);
            return await Adopt(media, path, timeout.Token) switch
            {
                MediaWrite.Stored stored => await Fetched(media, stored),
                MediaWrite.TooLarge => await NotFetched(media, TooLarge, RefusalCode.MediaUnavailable),
                MediaWrite.DiskFull => await NotFetched(media, NoRoom, RefusalCode.DiskFull),
                var unknown => throw new InvalidOperationException($"Unknown result {unknown}."),
            };
        }
        catch (EngineException exception) when (exception.Error is EngineError.Gone)
        {
            return await NotFetched(media, new("gone", "WhatsApp no longer has the file."), RefusalCode.MediaUnavailable);
        }
        catch (EngineException exception) when (exception.Code == EngineException.TooLarge)
        {
            return await NotFetched(media, TooLarge, RefusalCode.MediaUnavailable);
        }
        catch (EngineException exception) when (exception.Code == EngineException.DiskFull)
        {
            return await NotFetched(media, NoRoom, RefusalCode.DiskFull);
        }
        catch (EngineException exception) when (exception.Error is EngineError.Rejected)
        {
            LogEngineRefused(logger, exception, Number, "fetch media", exception.Error);
            return await NotFetched(media, Unreadable, RefusalCode.MediaUnavailable);
        }
        catch (Exception exception) when (exception is EngineException or OperationCanceledException or IOException or UnauthorizedAccessException)
        {
            LogEngineRefused(logger, exception, Number, "fetch media", (exception as EngineException)?.Error);
            return await NotFetched(media, new("not_fetched", "The file could not be fetched. Try again."), RefusalCode.MediaUnavailable);
        }
    }

    private async Task<MediaWrite> Adopt(MediaDocument media, string path, CancellationToken cancellationToken)
    {
        try
        {
            return await ports.Files.Adopt(path, cancellationToken);
        }
        catch (StorageUnavailableException)
        {
            // It would be shown as on its way for ever.
            await NotFetched(media, NotStored, RefusalCode.StorageUnavailable);
            throw;
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
}
