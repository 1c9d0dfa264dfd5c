using Loopwave.Engines;
using Loopwave.Messages;

namespace Loopwave.Numbers;

/// <summary>
/// Rows that could not leave although the number was connected. Failures are counted in the row: a restart does not begin to
/// count anew, and whoever takes the number over goes on with the same pause. Only the row's own chat waits.
/// </summary>
internal sealed partial class NumberGrain
{
    private const string NotAvailable = "server_unavailable";
    private const int MostFailures = 3;

    // Over the growing pauses that is 13 minutes.
    private const int MostUnavailable = 5;

    // An error nobody planned must neither stop the chat for ever nor take the number down.
    private Task Failed(QueueItem item, Exception exception) =>
        Failed(item, exception, MostFailures, new Cause("poison", "The message could not be prepared."));

    // The network did not do what must come before the hand-over. Without the connection it could not, and that counts for nothing.
    private Task NotReady(QueueItem item, Connection connection, Exception exception)
    {
        if (exception is EngineException { HostEnded: true } && !_isLeaving && context.Lease.IsHeld)
        {
            return HostEnded(item, exception);
        }

        if (_connection?.Id == connection.Id)
        {
            return Failed(item, exception, MostUnavailable, CauseOf(exception));
        }

        Return(item.Sequence);
        return Task.CompletedTask;
    }

    private async Task Failed(QueueItem item, Exception exception, int most, Cause cause)
    {
        var failures = item.Failures + 1;
        LogNotPrepared(logger, exception, Number, item.Message, failures);
        if (failures >= most)
        {
            await GiveUp([item], cause);
        }
        else
        {
            await PutOff(item with { Failures = failures }, cause, again => _queue.Returned(again, Now));
        }
    }

    // It is certain that nothing was written: the connection is not to blame, and no answer is waited for.
    private async Task NotSent(QueueItem item, Connection connection, EngineException exception)
    {
        if (exception is { Error: EngineError.NotSent, Code: EngineException.ConnectionLost })
        {
            // As if it had not been handed over. The next connection may come at once.
            await PutOff(item with { Attempts = item.Attempts - 1 }, null, again => _queue.NotSent(again, connection.Id, Now));
            Pump();
            return;
        }

        var failures = item.Failures + 1;
        LogNotSent(logger, exception, Number, item.Message, failures);
        if (exception.Error is EngineError.Rejected || failures >= MostUnavailable)
        {
            // What may have left on an earlier connection is as uncertain as it was.
            await GiveUp([item], item.Attempts > 1 ? MessageRules.Uncertain : CauseOf(exception));
        }
        else
        {
            await PutOff(
                item with { Failures = failures, Attempts = item.Attempts - 1 }, CauseOf(exception), again => _queue.NotSent(again, connection.Id, Now));
        }

        Pump();
    }

    /// <summary>Has a row rest, longer after each failure, and shows at its message why it waits.</summary>
    /// <param name="cause">Null where nothing failed: then it rests no longer than it must.</param>
    private async Task PutOff(QueueItem item, Cause? cause, Func<QueueItem, bool> rest)
    {
        await _turn.WaitAsync();
        try
        {
            var message = await LoadMessage(item.Message);
            if (_queue.Find(item.Sequence) is not { } row
                || !rest(item with { Chat = row.Chat, State = QueueState.Queued, DueAt = cause is null ? row.DueAt : Now + QueueItemReload.PauseAfter(item.Failures) }))
            {
                return;
            }

            var work = NewWork();
            work.Put(_queue.Find(item.Sequence)!);
            if (cause is not null && item.Kind is OutboundKind.Message && message?.Wait(cause, Now) is { } waiting && !ReferenceEquals(waiting, message))
            {
                work.Put(waiting);
            }

            await Commit(work);
        }
        finally
        {
            _turn.Release();
        }
    }

    private static Cause CauseOf(Exception exception) => exception is EngineException refused
        ? new(refused.Code ?? (refused.Error is EngineError.Rejected or EngineError.Gone ? "rejected" : NotAvailable), refused.Message)
        : new(NotAvailable, "WhatsApp did not answer in time.");
}
