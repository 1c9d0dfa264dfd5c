using Loopwave.Engines;
using Microsoft.Extensions.Logging;

namespace Loopwave.WhatsApp;

/// <summary>What hosts report and ask.</summary>
internal sealed partial class EngineHosts : IHostTaker
{
    public async Task Deliver(EngineHost host, EngineBatch batch)
    {
        EngineLine line;
        lock (_lock)
        {
            line = Line(batch.Number);
        }

        var end = EndIn(batch);
        int opens;
        bool isLower, isAgain, isOver;
        await line.Turn.WaitAsync();
        try
        {
            lock (_lock)
            {
                if (!_hosts.Contains(host) || batch.First.Host != host.Id)
                {
                    throw new InvalidOperationException("The events are not of a host that runs.");
                }

                opens = end is null ? line.Opens : line.OpensAt(end);
                isLower = batch.First.Epoch < line.Epoch;
                isAgain = line.WasTaken(batch.First);
            }

            // Taken once and not acknowledged: perhaps whoever took it is not the one who could.
            isOver = isLower || (isAgain && await events.IsOver(batch.Number, batch.First.Epoch));
            if (!isOver)
            {
                await events.Deliver(batch);
                line.Taken = batch.Last;
            }
        }
        finally
        {
            line.Turn.Release();
        }

        if (!isLower && (isOver || end is not null))
        {
            Release(line, opens, host);
        }

        if (isOver)
        {
            throw new EngineException(EngineError.StaleEpoch, "A higher epoch owns the number.");
        }
    }

    // Where the last end of a connection stands that the events tell of.
    private static EngineCursor? EndIn(EngineBatch batch)
    {
        var at = batch.Events.ToList().FindLastIndex(evt => evt is EngineEvent.Closed or EngineEvent.Unknown { Rest: EngineEvent.Closed });
        return at < 0 ? null : batch.First with { Sequence = batch.First.Sequence + at };
    }

    public void Report(EngineHost host, EnginePresence presence)
    {
        lock (_lock)
        {
            if (!_hosts.Contains(host))
            {
                return;
            }
        }

        _ = Tell();

        async Task Tell()
        {
            try
            {
                await events.Report(presence);
            }
            catch (Exception exception)
            {
                LogNotHeard(logger, exception, presence.Number);
            }
        }
    }

    public Task<byte[]?> FindSent(string number, string whatsAppId) => sent.Find(number, whatsAppId);

    [LoggerMessage(LogLevel.Debug, "Nobody was told what people do in the chats of {Number}")]
    private static partial void LogNotHeard(ILogger logger, Exception exception, string number);
}
