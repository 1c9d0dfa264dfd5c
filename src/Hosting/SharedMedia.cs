using Loopwave.Configuration;
using Loopwave.Media;
using Loopwave.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Loopwave;

/// <summary>The files that all processes of a cluster share: a bucket, or <c>MEDIA_DIR</c>, which is the same directory for all of them.</summary>
public static class SharedMedia
{
    /// <summary>Adds <see cref="IMediaFiles"/>; the directory is made, and tidied up, when it is first asked for.</summary>
    /// <exception cref="StorageStartException">Asked for, the directory cannot be written.</exception>
    public static IServiceCollection AddSharedMedia(this IServiceCollection services, LoopwaveSettings settings)
    {
        var process = $"{Environment.MachineName}-{settings.ProcessName}";
        return settings.MediaBucket is { } bucket
            ? services.AddMediaBucket(bucket, settings.MediaDirectory, process)
            : services.AddMediaDirectory(settings.MediaDirectory, process);
    }
}
