using Loopwave.Deployment;
using Loopwave.Engines;
using Microsoft.Extensions.Logging;

namespace Loopwave.WhatsApp;

/// <summary>
/// Says in a dead host's place that the connections of its numbers are lost, again with growing pauses while nobody takes it.
/// </summary>
internal sealed partial class LostConnections(IEngineEvents events, TimeProvider clock, ILogger logger)
{
    internal const int ConnectionLost = 428;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan HurryWithin = TimeSpan.FromSeconds(2);

    private TaskCompletionSource _again = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Says so until somebody took it, or the number was opened again.</summary>
    public async Task Report(string host, EngineLine line, int opens, CancellationToken stop)
    {
        var closed = new EngineBatch(line.Number, new EngineCursor($"after {host}", line.Epoch, 1), [new EngineEvent.Closed(ConnectionLost)]);
        for (var pause = FirstPause; !stop.IsCancellationRequested; pause = Shorter(pause * 2, LongestPause))
        {
            var again = _again.Task;
            await line.Turn.WaitAsync();
            try
            {
                if (line.Opens == opens)
                {
                    await events.Deliver(closed);
                }

                return;
            }
            catch (Exception exception)
            {
                var level = exception is StorageUnavailableException { IsLogged: true } ? LogLevel.Debug : LogLevel.Warning;
                LogNotTaken(logger, level, exception, line.Number);
            }
            finally
            {
                line.Turn.Release();
            }

            await Pause(pause, again, stop);
        }
    }

    /// <summary>Storage is back: what nobody took is said within two seconds; not at once, since that is so for all numbers.</summary>
    public void OfferAgain() => Interlocked.Exchange(ref _again, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();

    private async Task Pause(TimeSpan pause, Task again, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var waiting = Task.Delay(pause, clock, over.Token);
        if (await Task.WhenAny(waiting, again) == again)
        {
            await Task.WhenAny(waiting, Task.Delay(Random.Shared.NextDouble() * Shorter(pause, HurryWithin), clock, over.Token));
        }

        await over.CancelAsync();
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    [LoggerMessage("Nobody took that {Number} lost its connection; it is said again")]
    private static partial void LogNotTaken(ILogger logger, LogLevel level, Exception exception, string number);
}
