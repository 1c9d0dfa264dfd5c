using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Loopwave.Starting;

/// <summary>
/// Tells a host that was asked to stop from one that stops by itself. It does when one of its parts fails, and says so in the log alone:
/// its process would end as one that was asked to.
/// </summary>
public static class HostEnd
{
    /// <summary>Completes when the host begins to stop: with the part that failed, or null when none has.</summary>
    public static Task<PartFailedException?> End(this IHost host)
    {
        var end = new TaskCompletionSource<PartFailedException?>(TaskCreationOptions.RunContinuationsAsynchronously);
        host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(() => end.TrySetResult(Failed(host.Services)));
        return end.Task;
    }

    // At that moment nobody has been told to stop yet: what is over without success has failed.
    private static PartFailedException? Failed(IServiceProvider services)
    {
        try
        {
            return services.GetServices<IHostedService>().OfType<BackgroundService>()
                .Where(part => part.ExecuteTask is { IsCompleted: true, IsCompletedSuccessfully: false })
                .Select(part => new PartFailedException(part.GetType().Name, part.ExecuteTask!.Exception?.InnerException ?? new TaskCanceledException(part.ExecuteTask)))
                .FirstOrDefault();
        }
        catch (ObjectDisposedException)
        {
            // It was asked to stop while it started, gave that up, and is gone: whoever waits for its end must hear of it all the same.
            return null;
        }
    }
}
