using System.Collections.Frozen;
using Loopwave.Numbers;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Loopwave.Cluster;

/// <summary>
/// Knows which of the other silos do not answer this one, long before the membership declares one of them dead: without a network
/// between two silos, or when one stands still, that takes up to 20 seconds. It costs one tiny question a second for each other silo, which is
/// answered from memory: in a cluster of 100 silos each asks 99 and answers 99 a second.
/// </summary>
internal sealed partial class SilentSilos(OtherSilos others, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<SilentSilos> logger)
    : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly SiloAnswers _answers = new();
    private volatile FrozenSet<string> _silent = [];
    private volatile TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>There are some. Asked before every call for a number, so it is one read.</summary>
    public bool Any => _silent.Count > 0;

    /// <summary>Completes when one more falls silent.</summary>
    public Task Next => _next.Task;

    /// <param name="silo">As <see cref="SiloLease.NameOf"/> calls it.</param>
    public bool Contains(string silo) => _silent.Contains(silo);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, clock);
        try
        {
            await lifetime.Started(stoppingToken);
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                Look();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    private void Look()
    {
        IReadOnlyList<SiloQuestion> asked;
        lock (_lock)
        {
            asked = _answers.Look(others.Active);
            Note();
        }

        foreach (var question in asked)
        {
            _ = Ask(question);
        }
    }

    private async Task Ask(SiloQuestion question)
    {
        var answered = await others.Answers(question.Silo);
        lock (_lock)
        {
            _answers.Heard(question, answered);
            if (answered && Contains(SiloLease.NameOf(question.Silo)))
            {
                Note();
            }
        }
    }

    private void Note()
    {
        var (before, now) = (_silent, _answers.Silent.Select(SiloLease.NameOf).ToFrozenSet());
        _silent = now;
        var fallen = now.Except(before).ToList();
        foreach (var silo in fallen)
        {
            LogSilent(logger, silo);
        }

        if (fallen.Count > 0)
        {
            var next = _next;
            _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            next.SetResult();
        }

        foreach (var silo in before.Except(now))
        {
            LogOver(logger, silo);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Silo {Silo} does not answer: what is asked of its numbers is not passed on to it for now")]
    private static partial void LogSilent(ILogger logger, string silo);

    [LoggerMessage(LogLevel.Information, "Silo {Silo} answers again, or is gone")]
    private static partial void LogOver(ILogger logger, string silo);
}
