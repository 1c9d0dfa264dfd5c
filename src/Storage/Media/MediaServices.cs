using Loopwave.Media;
using Loopwave.Storage.Media;
using Microsoft.Extensions.DependencyInjection;

namespace Loopwave.Storage;

public static class MediaServices
{
    /// <summary>Media in a directory that several processes share.</summary>
    /// <param name="process">The name of this one among them, the same after a restart.</param>
    public static IServiceCollection AddMediaDirectory(this IServiceCollection services, string directory, string process) =>
        services.AddSingleton<IMediaFiles>(_ => new MediaDirectory(directory, process));
}
