using Loopwave.Configuration;
using Loopwave.Media;
using Loopwave.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Loopwave;

/// <summary>The files that all processes of a cluster share: <c>MEDIA_DIR</c> is the same directory for all of them.</summary>
public static class SharedMedia
{
    /// <summary>Adds <see cref="IMediaFiles"/>; the directory is made, and tidied up, when it is first asked for.</summary>
    /// <exception cref="StorageStartException">Asked for, the directory cannot be written.</exception>
    public static IServiceCollection AddSharedMedia(this IServiceCollection services, LoopwaveSettings settings) =>
        services.AddMediaDirectory(settings.MediaDirectory, $"{Environment.MachineName}-{settings.ProcessName}");
}
