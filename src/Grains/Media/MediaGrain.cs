using System.Net;
using Loopwave.Cluster;
using Loopwave.Messages;
using Loopwave.Numbers;
using Loopwave.Outbound;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;

namespace Loopwave.Media;

/// <summary>Finds files and has them fetched. Keeps nothing.</summary>
[StatelessWorker, Reentrant]
internal sealed class MediaGrain(
    IMediaStore media,
    IMediaFiles files,
    NumberEngines engines,
    OutboundHttp outbound,
    IOptions<MediaOptions> options,
    SiloLease lease,
    NumberReach reach,
    TimeProvider clock) : NumberWayGrain(lease, reach), IMediaGrain
{
    private static readonly TimeSpan ImportTimeout = TimeSpan.FromSeconds(60);
    private static readonly Cause MadeRoom = new("made_room", "The file was removed while it was being stored. Send it again.");

    public async Task<Outcome<MediaView>> Register(UploadedFile file)
    {
        var now = clock.GetUtcNow();
        var stored = new MediaDocument
        {
            Id = NewId.Media(), MimeType = MimeTypes.Clean(file.MimeType), FileName = CleanName(file.FileName), Size = file.Size,
            DurationSeconds = file.DurationSeconds, Hash = file.Hash, State = MediaState.Ready, UsedAt = now, CreatedAt = now,
        };
        await media.Put(stored);
        var isHere = false;
        try
        {
            isHere = await IsHere(file.Hash);
        }
        finally
        {
            // The same content made room for others a moment ago, before anybody knew of this one; or nobody can say whether it did.
            if (!isHere)
            {
                await media.Put(stored with { State = MediaState.Failed, Hash = null, Reason = MadeRoom });
            }
        }

        return isHere
            ? stored.View()
            : new Refusal(RefusalCode.StorageUnavailable, MadeRoom.Message, TimeSpan.FromSeconds(1));
    }

    public async Task<Outcome<StoredFile>> Open(string id, Access access)
    {
        if ((await media.Get([id])).GetValueOrDefault(id) is not { } found || !await Allows(found, access))
        {
            return new Refusal(RefusalCode.NotFound, "There is no file with this id.");
        }

        if (found is { State: MediaState.Ready, Hash: { } hash } && await IsHere(hash))
        {
            await media.Touch(id, clock.GetUtcNow());
            return new StoredFile(found.View(), hash);
        }

        if (found.Number is null)
        {
            return new Refusal(RefusalCode.MediaUnavailable, "The file is no longer here.");
        }

        var fetched = await PassOn(found.Number, () => GrainFactory.GetGrain<INumberGrain>(found.Number).FetchMedia(id));
        return fetched.Refusal is { } refusal
            ? refusal
            : new StoredFile(fetched.Value!, (await media.Get([id]))[id].Hash!);
    }

    public async Task<Outcome<MediaView>> Import(string url, string? fileName)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address))
        {
            return new Refusal(RefusalCode.InvalidInput, "media.url must be an absolute http or https address.");
        }

        try
        {
            using var timeout = new CancellationTokenSource(ImportTimeout, clock);
            using var answer = await outbound.Get(address, timeout.Token);
            if (answer.StatusCode is not HttpStatusCode.OK)
            {
                return new Refusal(RefusalCode.InvalidInput, $"media.url answered with status {(int)answer.StatusCode}.");
            }

            await using var body = await answer.Content.ReadAsStreamAsync(timeout.Token);
            var type = answer.Content.Headers.ContentType?.MediaType ?? "application/octet-stream";
            return await files.Write(body, options.Value.MaxFileBytes, timeout.Token) switch
            {
                MediaWrite.Stored stored => await Register(new UploadedFile(stored.Hash, stored.Size, type, fileName ?? NameIn(address))),
                MediaWrite.TooLarge large => new Refusal(RefusalCode.PayloadTooLarge, $"The file at media.url is larger than {large.MaxBytes} bytes."),
                MediaWrite.DiskFull => new Refusal(RefusalCode.DiskFull, "There is no room for the file."),
                var unknown => throw new InvalidOperationException($"Unknown result {unknown}."),
            };
        }
        catch (OutboundRefusedException exception)
        {
            return new Refusal(RefusalCode.InvalidInput, "media.url: " + exception.Message);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException)
        {
            return new Refusal(RefusalCode.InvalidInput, "media.url could not be read.");
        }
    }

    private async Task<bool> Allows(MediaDocument file, Access access) =>
        file.Number is null || (await engines.Of(file.Number) is { } engine && access.Allows(file.Number, engine));

    private Task<bool> IsHere(string hash) => files.Holds(hash, CancellationToken.None);

    private static string? NameIn(Uri address) =>
        CleanName(Uri.UnescapeDataString(address.Segments[^1].TrimEnd('/'))) is { Length: > 0 } name ? name : null;

    private static string? CleanName(string? name)
    {
        if (name is null)
        {
            return null;
        }

        var last = name[(name.LastIndexOfAny(['/', '\\']) + 1)..];
        var clean = new string([.. last.Where(c => !char.IsControl(c))]);
        return clean.Length > 200 ? clean[^200..] : clean;
    }
}
