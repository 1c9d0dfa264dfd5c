using Loopwave.Media;
using Loopwave.Storage.Media;
using Loopwave.Storage.Media.S3;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Loopwave.Storage;

public static class MediaServices
{
    /// <summary>Media in a directory that several processes share.</summary>
    /// <param name="process">The name of this one among them, the same after a restart.</param>
    public static IServiceCollection AddMediaDirectory(this IServiceCollection services, string directory, string process) =>
        services.AddSingleton<IMediaFiles>(_ => new MediaDirectory(directory, process));

    /// <summary>Media in a bucket; in the directory are files on their way to it and from it.</summary>
    /// <param name="process">The name of this process among those that share the directory; null when it belongs to this one alone.</param>
    public static IServiceCollection AddMediaBucket(this IServiceCollection services, MediaBucketOptions options, string directory, string? process)
    {
        services.AddSingleton(options);
        services.AddSingleton(provider => new S3Bucket(options, provider.GetRequiredService<ILoggerFactory>().CreateLogger("Loopwave.Storage")));
        services.AddSingleton<IMediaFiles>(provider => new MediaBucket(provider.GetRequiredService<S3Bucket>(), directory, process, TimeProvider.System));
        services.AddSingleton<BucketWatch>();
        services.AddSingleton<IMediaHealth>(provider => provider.GetRequiredService<BucketWatch>());
        services.AddHostedService(provider => provider.GetRequiredService<BucketWatch>());
        return services;
    }
}
