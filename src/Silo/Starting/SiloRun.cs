using Loopwave.Cluster;
using Loopwave.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Loopwave.Starting;

/// <summary>
/// The life of a silo: its databases first, then the silo, until the process is asked to stop, the silo asks to end, or a part of it fails.
/// </summary>
/// <param name="drainFor">How long a silo that is to stop may take to hand its numbers over.</param>
internal sealed partial class SiloRun(IHost silo, SiloProgress progress, TimeSpan drainFor, ILogger logger)
{
    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(10);

    /// <returns>How the process has to end where it stands; null when the silo has stopped in order.</returns>
    /// <exception cref="PartFailedException">A part of the silo failed. It has handed its numbers over, and stopped.</exception>
    public async Task<AbruptEnd?> Until(CancellationToken stop)
    {
        var (hostEnd, isJoining) = (silo.End(), false);
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
            isJoining = true;
            await Join(clock, stop);
        }
        catch (Exception fault) when (stop.IsCancellationRequested && (IsCancelled(fault) || fault is TimeoutException || DatabaseFault.IsAway(fault)))
        {
            LogStopped(logger);
            if (isJoining && HasJoined())
            {
                LogNotHandedOver(logger);
            }

            return isJoining ? new AbruptEnd(ExitCodes.AsAsked, null) : null;
        }
        catch (Exception fault) when (DatabaseFault.IsAway(fault))
        {
            // Half of it runs. Nobody can stop that in order without the database, and a new process waits for it.
            LogNotJoined(logger, fault);
            return new AbruptEnd(
                ExitCodes.StartAgain, "The database went away while this silo joined the cluster. It ends; start it again, and it waits until the database is there.");
        }
        catch (Exception fault) when (
            IsCancelled(fault) && silo.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested)
        {
            throw Fault(await hostEnd);
        }

        progress.Runs(silo.Services);
        LogReady(logger);
        var end = silo.Services.GetRequiredService<SiloEnd>().Asked;
        await Task.WhenAny(Stopping(stop), end, hostEnd);
        if (end.IsCompleted)
        {
            // The others notice within seconds.
            return new AbruptEnd(ExitCodes.StartAgain, await end);
        }

        if (hostEnd.IsCompleted)
        {
            var fault = Fault(await hostEnd);
            LogFailed(logger, fault);
            await TryToStop();
            throw fault;
        }

        await Stop();
        LogStopped(logger);
        return null;
    }

    // Orleans tries for minutes to write into its table, and hears of no stop meanwhile. But once the others see this silo they give it
    // numbers, and it has to hand them over: then it first starts to the end.
    private async Task Join(TimeProvider clock, CancellationToken stop)
    {
        using var giveUp = new CancellationTokenSource();
        var start = silo.StartAsync(giveUp.Token);
        try
        {
            await start.WaitAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested && HasJoined())
        {
            await start.WaitAsync(StartsWithin, clock);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await giveUp.CancelAsync();
            throw;
        }
    }

    private bool HasJoined() =>
        silo.Services.GetService<IClusterMembershipService>() is { } membership && silo.Services.GetRequiredService<ILocalSiloDetails>() is var self
            && membership.CurrentSnapshot.GetSiloStatus(self.SiloAddress) is SiloStatus.Active;

    // Orleans has an exception of its own for it.
    private static bool IsCancelled(Exception fault) => fault is OperationCanceledException or OrleansLifecycleCanceledException;

    private static PartFailedException Fault(PartFailedException? failed) =>
        failed ?? new PartFailedException("The silo's host", new InvalidOperationException("It stopped by itself."));

    private async Task Stop()
    {
        progress.Is("Hands its numbers over.");
        using var drain = new CancellationTokenSource(drainFor, silo.Services.GetRequiredService<TimeProvider>());
        await silo.Services.GetRequiredService<ISiloDrain>().Finish(drain.Token);
        await silo.StopAsync(CancellationToken.None);
    }

    // As far as a silo can in which something is broken.
    private async Task TryToStop()
    {
        try
        {
            await Stop();
        }
        catch (Exception exception)
        {
            LogNotStopped(logger, exception);
        }
    }

    private static async Task Stopping(CancellationToken stop)
    {
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var _ = stop.Register(stopping.SetResult);
        await stopping.Task;
    }

    [LoggerMessage(LogLevel.Information, "Loopwave is ready: the silo has joined the cluster")]
    private static partial void LogReady(ILogger logger);

    [LoggerMessage(LogLevel.Critical, "The silo could not join the cluster, since the database went away meanwhile")]
    private static partial void LogNotJoined(ILogger logger, Exception exception);

    [LoggerMessage(LogLevel.Warning, "The silo was asked to stop, and could not even start to its end: what the others have given it meanwhile they take back once its lease is over")]
    private static partial void LogNotHandedOver(ILogger logger);

    [LoggerMessage(LogLevel.Critical, "A part of the silo failed: it hands its numbers over, and ends")]
    private static partial void LogFailed(ILogger logger, Exception exception);

    [LoggerMessage(LogLevel.Error, "The silo could not stop in order")]
    private static partial void LogNotStopped(ILogger logger, Exception exception);

    [LoggerMessage(LogLevel.Information, "Loopwave has stopped")]
    private static partial void LogStopped(ILogger logger);
}

/// <summary>The end of a process that cannot tidy up: half of its silo runs, or it has lost what it would need for it.</summary>
/// <param name="Reason">A sentence for operators, where there is anything to say.</param>
internal sealed record AbruptEnd(int ExitCode, string? Reason);

/// <summary>The silo's host ends when it is told to, and listens to no signals.</summary>
internal sealed class EndsWithTheFront : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
