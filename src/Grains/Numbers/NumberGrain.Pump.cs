using Loopwave.Deployment;
using Loopwave.Engines;
using Loopwave.Messages;
using Loopwave.Telemetry;

namespace Loopwave.Numbers;

/// <summary>
/// The way out, second half: claimed, prepared, handed over, and only then relayed. What was handed over is only ever
/// repeated with the same id and the same bytes.
/// </summary>
internal sealed partial class NumberGrain
{
    private const int MostAtOnce = 64;
    private const int MostGivenUpAtOnce = 500;

    // Messages leave a number one by one, and what it receives goes through the same keys: behind many others it takes its time.
    private static readonly TimeSpan RelayTimeout = TimeSpan.FromSeconds(30);

    private readonly HashSet<Task> _sending = [];
    private bool _pumping;
    private bool _pumpAgain;

    /// <summary>Looks for something to send. Runs beside everything else; at most one look at a time.</summary>
    private void Pump()
    {
        if (_pumping)
        {
            _pumpAgain = true;
            return;
        }

        if (_state is not null && !_stale && !_isLeaving && !State.Lane.IsBroken)
        {
            Track(PumpOnce());
        }
    }

    // Tracked, so that deactivation waits for what is under way.
    private void Track(Task task)
    {
        if (task.IsCompleted)
        {
            return;
        }

        _sending.Add(task);
        _ = Untrack(task);
    }

    private async Task Untrack(Task task)
    {
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _sending.Remove(task);
    }

    private async Task PumpOnce()
    {
        _pumping = true;
        Tracing.Leave();
        try
        {
            do
            {
                _pumpAgain = false;
                await GiveUpCut();
                await Carry(_queue.Plan(Now, Session.CanSend ? _connection : null, MostAtOnce));
                await Hurry();
            }
            while (_pumpAgain && !State.Lane.IsBroken);
        }
        catch (Exception exception) when (exception is not NumberNotOwnedException)
        {
            Missed(exception, "the send queue");
        }
        finally
        {
            _pumping = false;
        }

        Arm();
    }

    // Before anything is sent: nothing accepted for one device may leave by another.
    private async Task GiveUpCut()
    {
        while (State.Document.Cut is { } cut && _queue.UpTo(cut.UpTo, MostGivenUpAtOnce) is { Count: > 0 } rows)
        {
            await GiveUp(rows, row => row.Attempts > 0 ? MessageRules.Uncertain : cut.Error);
        }
    }

    private async Task Carry(SendPlan plan)
    {
        _pumpAt = plan.NextAt;
        if (plan.Expired.Count > 0)
        {
            await GiveUp(plan.Expired, MessageRules.Expired);
        }

        if (plan.Uncertain.Count > 0)
        {
            await GiveUp(plan.Uncertain, MessageRules.Uncertain);
        }

        if (plan.Expired.Count + plan.Uncertain.Count > 0)
        {
            // Meanwhile much can have happened: what else is to be done is asked anew.
            _pumpAgain = true;
            return;
        }

        if (plan.Deaf)
        {
            LogDeaf(logger, Number);
            await Move(session => session.Deaf(Now, context.Random));
            return;
        }

        if (_connection is not { } connection || plan.Repeat.Count + plan.Send.Count == 0)
        {
            return;
        }

        // Both are marked before anything waits, so that the next look does not see them again. That a row is claimed is
        // not stored: until the commit that hands it over, under the same epoch, nothing of it can be on the wire.
        var handed = plan.Repeat.Select(item => Mark(item, connection, item.Prepared!)).OfType<QueueItem>().ToList();
        var claimed = plan.Send.Select(item => item with { State = QueueState.Claimed, Epoch = State.Epoch }).Where(_queue.Claimed).ToList();
        foreach (var item in claimed)
        {
            Track(SendOne(item, connection));
        }

        if (handed.Count > 0)
        {
            var work = NewWork();
            handed.ForEach(work.Put);
            await Commit(work);
        }

        foreach (var item in handed)
        {
            Track(Relay(item, connection));
        }
    }

    private async Task SendOne(QueueItem item, Connection connection)
    {
        try
        {
            await TrySend(item, connection);
        }
        catch (StorageUnavailableException exception)
        {
            // After a failed write, what is really stored is read again in a moment, and decides. After a failed read the
            // row is as it was.
            LogMissed(exception, "the send queue");
            Return(item.Sequence);
        }

        Pump();
    }

    private async Task TrySend(QueueItem item, Connection connection)
    {
        try
        {
            if (await HandOver(item, await BuildApart(item, connection), connection) is { } handed)
            {
                await Relay(handed, connection);
            }
        }
        catch (EngineException exception) when (exception.Error is EngineError.Rejected or EngineError.Gone)
        {
            await GiveUp([item], CauseOf(exception));
        }
        catch (EngineException exception) when (exception.Error is EngineError.StaleEpoch)
        {
            GiveUpOwnership();
        }
        catch (EngineException exception) when (exception.Error is EngineError.NotConnected)
        {
            Return(item.Sequence);
        }
        catch (Exception exception) when (exception is EngineException or OperationCanceledException)
        {
            await NotReady(item, connection, exception);
        }
        catch (Exception exception) when (exception is not (StorageUnavailableException or NumberNotOwnedException))
        {
            await Failed(item, exception);
        }
    }

    // Null when somebody was faster: an answer that came meanwhile, or a person who took the message back.
    private QueueItem? Mark(QueueItem item, Connection connection, byte[] bytes)
    {
        var handed = item with
        {
            State = QueueState.Handed, Epoch = State.Epoch, Attempts = item.Attempts + 1, HandedAt = Now, Prepared = bytes,
        };
        return _queue.Handed(handed, connection.Id, Now, context.Options.RulesFor(State.Document.Engine).Gap(context.Random)) ? handed : null;
    }

    private async Task Relay(QueueItem item, Connection connection)
    {
        if (_connection?.Id != connection.Id || !context.Lease.IsHeld)
        {
            // The connection went while this was stored: it is repeated on the next one.
            return;
        }

        using var span = Tracing.Relay(item, State.Document.Engine);
        try
        {
            using var timeout = new CancellationTokenSource(RelayTimeout, context.Clock);
            await _engine.Relay(Number, State.Epoch, item.WhatsAppId, item.Jid, item.Prepared!, timeout.Token);
            if (_connection?.Id == connection.Id)
            {
                _queue.Heard(Now);
            }
        }
        catch (EngineException exception) when (exception.Error is EngineError.Rejected or EngineError.NotSent)
        {
            span.Failed(exception);
            await NotSent(item, connection, exception);
        }
        catch (Exception exception) when (exception is EngineException or OperationCanceledException)
        {
            span.Failed(exception);

            // Whether it left is unknown. It stays handed, and is repeated with the same id or settled by an answer.
            LogEngineRefused(logger, exception, Number, "relay", (exception as EngineException)?.Error);
        }
    }

    private void Return(long sequence)
    {
        if (_queue.Find(sequence) is { State: QueueState.Claimed } item)
        {
            _queue.Returned(item with { State = QueueState.Queued }, Now);
        }
    }

    private Task GiveUp(IReadOnlyList<QueueItem> items, Cause error) => GiveUp(items, _ => error);

    private async Task GiveUp(IReadOnlyList<QueueItem> items, Func<QueueItem, Cause> error)
    {
        await _turn.WaitAsync();
        try
        {
            var messages = await LoadMessages([.. items.Select(item => item.Message).Distinct()]);
            var known = await Prepare(messages, []);
            var work = NewWork();
            var inbound = new Inbound(work, _queue, known.Messages, known.Canonical, known.Media);

            // What was handed over once more meanwhile may be on the wire.
            foreach (var item in items.Select(Unchanged).OfType<QueueItem>())
            {
                inbound.GiveUp(item, work.Latest(messages.First(message => message.Id == item.Message)), error(item));
            }

            await Commit(work);
        }
        finally
        {
            _turn.Release();
        }

        QueueItem? Unchanged(QueueItem item) => _queue.Find(item.Sequence) is { } now && now.Attempts == item.Attempts ? now : null;
    }
}
