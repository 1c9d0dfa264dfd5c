using Microsoft.Extensions.Hosting;

namespace Loopwave.Numbers;

internal static class HostLifetime
{
    /// <summary>Returns once the process has started: before that no grain can be called.</summary>
    /// <exception cref="OperationCanceledException">It stops before.</exception>
    public static async Task Started(this IHostApplicationLifetime lifetime, CancellationToken stop)
    {
        var started = new TaskCompletionSource();
        await using var _ = lifetime.ApplicationStarted.Register(() => started.TrySetResult());
        await started.Task.WaitAsync(stop);
    }
}
