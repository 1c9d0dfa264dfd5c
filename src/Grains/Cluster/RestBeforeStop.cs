using Microsoft.Extensions.Hosting;

namespace Loopwave.Cluster;

/// <summary>
/// Lets the numbers that are still here close their connections before the silo begins to stop: once it does, their grains take
/// nothing any more, and what an engine still has to tell would be lost or asked for again.
/// </summary>
internal sealed class RestBeforeStop(LocalNumbers numbers, NumberMoves moves, TimeProvider clock) : IHostedLifecycleService
{
    private const int AtOnce = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            await Parallel.ForEachAsync(
                numbers.All.Where(number => number.Engine is EngineKind.WhatsApp), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop.Token }, Rest);
        }
        catch (OperationCanceledException)
        {
            // The rest end as those of a process that is killed: nothing is lost, some of it is told again.
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async ValueTask Rest(LocalNumber number, CancellationToken stop)
    {
        try
        {
            await moves.ToNowhere(number.Id).WaitAsync(stop);
            await number.HasLeft.WaitAsync(stop);
        }
        catch (Exception) when (!stop.IsCancellationRequested)
        {
            // It ends with the silo.
        }
    }
}
