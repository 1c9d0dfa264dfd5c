using Microsoft.Extensions.Options;

namespace Loopwave.Media;

/// <summary>Keeps the cache of fetched files under its cap. Never removes what could not be fetched again.</summary>
internal sealed class MediaEviction(IMediaStore media, IMediaFiles files, IOptions<MediaOptions> options)
{
    private const int AtOnce = 100;

    public async Task Evict(CancellationToken cancellationToken)
    {
        var size = await media.TotalSize();
        while (size > options.Value.CacheBytes)
        {
            var candidates = await media.Evictable(AtOnce);
            if (candidates.Count == 0)
            {
                return;
            }

            foreach (var file in candidates.TakeWhile(_ => size > options.Value.CacheBytes))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (await Evict(file))
                {
                    size -= file.Size ?? 0;
                }
            }
        }
    }

    // The same content may be uploaded at this moment, by somebody who can't be asked for it a second time. Or another silo may have
    // noted that the file is gone while it was away here: then nobody would know of it if it were put back.
    private async Task<bool> Evict(MediaDocument file)
    {
        var gone = false;
        await files.Delete(file.Hash!, async () => (gone = await media.Evict(file)) || (await media.Needed([file.Hash!])).Count == 0);
        return gone;
    }
}
