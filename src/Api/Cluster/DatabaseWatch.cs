using Loopwave.Cluster;
using Loopwave.Starting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Loopwave.Api.Cluster;

/// <summary>
/// Looks whether this process fits the database in which it finds the silos. With what is wrong when it can first be told, the process
/// ends; what goes wrong later is an alarm, since ending would not mend it.
/// </summary>
internal sealed partial class DatabaseWatch(
    ClusterLook look, ProcessAlarms alarms, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<DatabaseWatch> logger) : BackgroundService
{
    private static readonly TimeSpan AtFirst = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Later = TimeSpan.FromMinutes(1);

    private bool _isFailing;

    /// <summary>Why the process was told to end; null when it was not.</summary>
    public ProcessRefusedException? Refusal { get; private set; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(AtFirst, clock);
        try
        {
            IReadOnlyDictionary<string, string?>? found;
            while ((found = await Look(stoppingToken)) is null)
            {
                await timer.WaitForNextTickAsync(stoppingToken);
            }

            if (found.Values.OfType<string>().ToList() is { Count: > 0 } problems)
            {
                Refusal = new ProcessRefusedException(problems);
                lifetime.StopApplication();
                return;
            }

            timer.Period = Later;
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                Note(await Look(stoppingToken));
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    // What fails for a reason that nobody foresaw says nothing of the database.
    private async Task<IReadOnlyDictionary<string, string?>?> Look(CancellationToken stop)
    {
        try
        {
            var found = await look(stop);
            _isFailing = false;
            return found;
        }
        catch (Exception exception) when (!stop.IsCancellationRequested)
        {
            if (!_isFailing)
            {
                LogNotLooked(logger, exception);
            }

            _isFailing = true;
            return null;
        }
    }

    private void Note(IReadOnlyDictionary<string, string?>? found)
    {
        foreach (var (code, problem) in found ?? new Dictionary<string, string?>())
        {
            alarms.Set(code, problem);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Whether this process and the database fit together cannot be told; this is tried again")]
    private static partial void LogNotLooked(ILogger logger, Exception exception);
}
