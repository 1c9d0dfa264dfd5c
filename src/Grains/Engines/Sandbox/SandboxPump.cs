using Loopwave.Deployment;
using Loopwave.Engines;
using Microsoft.Extensions.Logging;

namespace Loopwave.Sandbox;

/// <summary>
/// Delivers the events of each number in order, one batch at a time; a batch that nobody takes is offered again after a
/// while. Runs only while there is something to deliver.
/// </summary>
internal sealed partial class SandboxPump(IEngineEvents events, SandboxAgenda agenda, ILogger<SandboxPump> logger)
{
    /// <summary>Looks whether a number has something to deliver. Not to be called under the number's lock.</summary>
    public void Wake(SandboxLine line)
    {
        lock (line)
        {
            if (line.Stream is not { Pumping: false } stream || stream.Next() is null)
            {
                return;
            }

            stream.Pumping = true;
            ThreadPool.UnsafeQueueUserWorkItem(
                static work => _ = work.Pump.Run(work.Line, work.Stream), (Pump: this, Line: line, Stream: stream), preferLocal: false);
        }
    }

    /// <summary>
    /// Has what nobody took offered within two seconds, and not only when its pause is over; not at once, since all numbers hear of it in the
    /// same moment.
    /// </summary>
    public void Hurry(SandboxLine line)
    {
        lock (line)
        {
            if (line.Stream is { Pumping: true } stream)
            {
                stream.Hurries++;
                if (stream.Pauses)
                {
                    // Beside the pause that is under way: what of the two is over first ends both.
                    Resume(stream.Soon(Random.Shared.NextDouble()), stream.CurrentPause, line, stream);
                }
            }
        }
    }

    /// <summary>Says what a person does at this moment; nothing is tried again.</summary>
    public void Report(EnginePresence presence)
    {
        ThreadPool.UnsafeQueueUserWorkItem(static work => _ = work.Pump.Tell(work.Presence), (Pump: this, Presence: presence), preferLocal: false);
    }

    private async Task Tell(EnginePresence presence)
    {
        try
        {
            await events.Report(presence);
        }
        catch (Exception e)
        {
            LogNotReported(e, presence.Number);
        }
    }

    private async Task Run(SandboxLine line, SandboxStream stream)
    {
        while (Next(line, stream) is var (batch, hurries))
        {
            try
            {
                await events.Deliver(batch);
                lock (line)
                {
                    stream.Taken(batch);
                }
            }
            catch (Exception e)
            {
                Retry(line, stream, batch, hurries, e);
                return;
            }
        }
    }

    private static (EngineBatch Batch, int Hurries)? Next(SandboxLine line, SandboxStream stream)
    {
        lock (line)
        {
            var batch = line.Stream == stream ? stream.Next() : null;
            stream.Pumping = batch is not null;
            return batch is null ? null : (batch, stream.Hurries);
        }
    }

    private void Retry(SandboxLine line, SandboxStream stream, EngineBatch batch, int hurries, Exception exception)
    {
        lock (line)
        {
            var pause = stream.Refused();
            Resume(hurries == stream.Hurries ? pause : stream.Soon(Random.Shared.NextDouble()), stream.Pause(), line, stream);
        }

        // What the exception says can hold what the events say.
        LogNotTaken(NotTakenLevel(exception), batch.Number, batch.Events.Count, stream.Refusals, exception.WithoutMessages());
    }

    private void Resume(TimeSpan after, int pause, SandboxLine line, SandboxStream stream) =>
        agenda.In(after, () =>
        {
            lock (line)
            {
                if (!stream.Resume(pause))
                {
                    return;
                }
            }

            _ = Run(line, stream);
        });

    private static LogLevel NotTakenLevel(Exception exception) =>
        exception is StorageUnavailableException { IsLogged: true } ? LogLevel.Debug : LogLevel.Warning;

    [LoggerMessage(LogLevel.Debug, "Nobody was told what people do in the chats of {Number}")]
    private partial void LogNotReported(Exception exception, string number);

    [LoggerMessage("Nobody took {Count} events of {Number}, refusal {Refusals} in a row: {Why}")]
    private partial void LogNotTaken(LogLevel level, string number, int count, int refusals, string why);
}
