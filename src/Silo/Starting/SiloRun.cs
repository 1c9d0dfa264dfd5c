using Loopwave.Cluster;
using Loopwave.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Loopwave.Starting;

/// <summary>The life of a silo: its databases first, then the silo, until the process is asked to stop, or the silo asks to end.</summary>
/// <param name="drainFor">How long a silo that is to stop may take to hand its numbers over.</param>
internal sealed partial class SiloRun(IHost silo, SiloProgress progress, TimeSpan drainFor, ILogger logger)
{
    public async Task Until(CancellationToken stop)
    {
        try
        {
            var clock = silo.Services.GetRequiredService<TimeProvider>();
            await silo.Services.GetRequiredService<PostgresStorage>().Open(clock, stop);
            if (silo.Services.GetService<MongoStorage>() is { } mongo)
            {
                progress.Is("Waits for MongoDB.");
                await mongo.Open(clock, stop);
            }

            progress.Is("Joins the cluster.");
            await silo.StartAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            LogStopped(logger);
            return;
        }

        progress.Runs(silo.Services);
        LogReady(logger);
        var end = silo.Services.GetRequiredService<SiloEnd>().Asked;
        await Task.WhenAny(Stopping(stop), end);
        if (end.IsCompleted)
        {
            // The others notice within seconds.
            ProcessRun.EndAtOnce(await end);
        }

        progress.Is("Hands its numbers over.");
        using var drain = new CancellationTokenSource(drainFor, silo.Services.GetRequiredService<TimeProvider>());
        await silo.Services.GetRequiredService<ISiloDrain>().Finish(drain.Token);
        await silo.StopAsync(CancellationToken.None);
        LogStopped(logger);
    }

    private static async Task Stopping(CancellationToken stop)
    {
        var stopping = new TaskCompletionSource();
        await using var _ = stop.Register(stopping.SetResult);
        await stopping.Task;
    }

    [LoggerMessage(LogLevel.Information, "Loopwave is ready: the silo has joined the cluster")]
    private static partial void LogReady(ILogger logger);

    [LoggerMessage(LogLevel.Information, "Loopwave has stopped")]
    private static partial void LogStopped(ILogger logger);
}

/// <summary>The silo's host ends when it is told to, and listens to no signals.</summary>
internal sealed class EndsWithTheFront : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
