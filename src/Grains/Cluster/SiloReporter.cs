using System.Diagnostics;
using Loopwave.Deployment;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Loopwave.Cluster;

/// <summary>
/// Tells the others every five seconds how this silo is, learns how they are, and does what follows: drains when an operator
/// wants it, and now and then gives numbers away when it has more than its share.
/// </summary>
internal sealed partial class SiloReporter(
    ISiloStore store,
    LocalNumbers numbers,
    SiloChoice choice,
    SiloDrain drain,
    NumberBalance balance,
    ClusterMetrics metrics,
    ProcessAlarms alarms,
    ILocalSiloDetails self,
    TimeProvider clock,
    ILogger<SiloReporter> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    // Two may fail before the others take this silo for one that is gone.
    private static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(15);

    private readonly DateTimeOffset _startedAt = clock.GetUtcNow();
    private (TimeSpan Cpu, long At) _last = (CpuTime(), clock.GetTimestamp());
    private bool _isFailing;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await store.Forget(self.SiloAddress.ToParsableString()).WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is StorageUnavailableException or OperationCanceledException)
        {
            // It is out of date soon.
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, clock);
        try
        {
            do
            {
                await ReportOnce(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    private async Task ReportOnce(CancellationToken stop)
    {
        try
        {
            var began = clock.GetTimestamp();
            var isWanted = await store.Report(Report(), TimeToLive);
            choice.Learn(await store.Reports());
            var took = clock.GetElapsedTime(began);
            drain.IsWanted(isWanted);
            if (!isWanted)
            {
                balance.Check(choice.Reports, took, stop);
            }

            metrics.Learn(await store.Outbox());
            _isFailing = false;
        }
        catch (Exception exception) when (!stop.IsCancellationRequested)
        {
            // Once: storage says the rest.
            if (!_isFailing)
            {
                LogNotReported(logger, exception);
            }

            _isFailing = true;
        }
    }

    private SiloReport Report()
    {
        var all = numbers.All;
        var (cpu, at) = (CpuTime(), clock.GetTimestamp());
        var cores = (cpu - _last.Cpu) / clock.GetElapsedTime(_last.At, at);
        _last = (cpu, at);
        return new SiloReport
        {
            Silo = self.SiloAddress.ToParsableString(),
            Name = self.Name,
            State = drain.State,
            IsStopping = drain.IsStopping,
            Version = ProductVersion.Text,
            StartedAt = _startedAt,
            Numbers = all.CountBy(number => number.Status).ToDictionary(),
            Queued = all.Sum(number => number.Queued),
            MemoryBytes = Environment.WorkingSet,
            CpuCores = double.IsFinite(cores) ? Math.Round(cores, 2) : 0,
            Alarms = alarms.All,
        };
    }

    private static TimeSpan CpuTime()
    {
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime;
    }

    [LoggerMessage(LogLevel.Warning, "The other silos cannot be told how this one is; this is tried again every 5 seconds")]
    private static partial void LogNotReported(ILogger logger, Exception exception);
}
