using Loopwave.Deployment;
using Loopwave.Engines;
using Loopwave.Messages;

namespace Loopwave.Numbers;

/// <summary>
/// Events that nobody can do anything with. They stand in line before all that the number will ever receive, so they are passed
/// over: logged, counted and acknowledged. Only what changes the device's secrets is never passed over, for the device would be
/// broken afterwards and nobody would know why: the number is closed instead.
/// </summary>
internal sealed partial class NumberGrain
{
    // With the engine's pauses between them that is three seconds.
    private const int MostRefusals = 5;

    private static readonly Cause CredentialsNotSaved = new(
        "credentials_not_saved", "Changed keys of this device could not be saved. Reconnect the number; if it is closed again, link it again.");

    private (EngineCursor First, int Times)? _refused;

    private bool IsTakenSingly(EngineBatch batch, IReadOnlyList<EngineEvent> events) =>
        (_refused is { } refused && refused.First == batch.First && refused.Times >= MostRefusals) || events.Any(IsUnreadableSecret);

    private void Refused(EngineBatch batch) =>
        _refused = (batch.First, _refused is { } refused && refused.First == batch.First ? refused.Times + 1 : 1);

    // What has nothing to do with what the events say. Whatever else goes wrong goes wrong again.
    private static bool MayPass(Exception exception) => exception
        is StorageUnavailableException or NumberNotOwnedException or CredentialsUnreadableException or OperationCanceledException
            or TimeoutException or IOException or ObjectDisposedException or OutOfMemoryException or Orleans.Runtime.OrleansException;

    /// <summary>
    /// Takes the events of a batch one after the other, and sets aside those that cannot be taken. False when the number was
    /// closed over one of them, which the engine keeps.
    /// </summary>
    private async Task<bool> TakeSingly(EngineBatch batch, IReadOnlyList<EngineEvent> events)
    {
        var taken = batch.Last.Sequence - events.Count;
        foreach (var step in Steps(events))
        {
            if (step.FirstOrDefault(IsUnreadableSecret) is EngineEvent.Unknown unreadable)
            {
                return await CloseOver(unreadable.Why ?? unreadable.Type);
            }

            try
            {
                await Take(step);
            }
            catch (Exception exception) when (!MayPass(exception) && step.Any(IsSecret))
            {
                return await CloseOver(exception.GetType().Name);
            }
            catch (Exception exception) when (!MayPass(exception))
            {
                await TakeWhatIsLeft(step[0], exception);
            }

            taken += step.Count;
            _cursor = batch.First with { Sequence = taken };
        }

        return await CannotSaveOwed() is not { } why || await CloseOver(why.GetType().Name);
    }

    /// <summary>One event a step; but a device is linked only together with its secrets.</summary>
    private static IEnumerable<IReadOnlyList<EngineEvent>> Steps(IReadOnlyList<EngineEvent> events)
    {
        var together = events.Any(evt => evt is EngineEvent.Linked) && events.Any(IsSecret)
            ? events.Select((evt, at) => (evt, at)).Where(one => one.evt is EngineEvent.Linked || IsSecret(one.evt)).Select(one => one.at).ToList()
            : [];
        for (var at = 0; at < events.Count; at++)
        {
            var last = together is [var first, ..] && at == first ? together[^1] : at;
            yield return [.. events.Skip(at).Take(last - at + 1)];
            at = last;
        }
    }

    // The commit of the whole failed, and nothing of it is stored. Messages of the past are told apart; of one that cannot be stored
    // as it is, at least that it came is shown.
    private async Task TakeWhatIsLeft(EngineEvent evt, Exception why)
    {
        IReadOnlyList<EngineEvent> parts = Readable(evt) switch
        {
            EngineEvent.HistoryReceived { Messages.Count: > 1 } history =>
            [
                .. history.Messages.Select(message => history with { Messages = [message], Percent = null, Done = false }),
                history with { Messages = [] },
            ],
            EngineEvent.HistoryReceived { Messages: [{ Type: not MessageType.Unsupported } message] } history => [history with { Messages = [Bare(message)] }],
            EngineEvent.MessageReceived { Message: { Type: not MessageType.Unsupported } message } => [new EngineEvent.MessageReceived(Bare(message))],
            _ => [],
        };
        foreach (var part in parts)
        {
            try
            {
                await Take([part]);
            }
            catch (Exception exception) when (!MayPass(exception) && parts.Count > 1)
            {
                await TakeWhatIsLeft(part, exception);
            }
            catch (Exception exception) when (!MayPass(exception))
            {
                // Not even that. What it is part of is counted.
            }
        }

        if (parts.Count < 2 || evt is EngineEvent.Unknown)
        {
            SetAside(evt, why);
        }
    }

    /// <summary>Which message it is, and nothing of what it says.</summary>
    private static InboundMessage Bare(InboundMessage message) => new()
    {
        WhatsAppId = message.WhatsAppId, Jid = message.Jid, OtherJid = message.OtherJid, FromMe = message.FromMe, Participant = message.Participant,
        OtherParticipant = message.OtherParticipant, Timestamp = message.Timestamp, Type = MessageType.Unsupported,
    };

    // A device that is linked is kept, with what is stored of it, until a person has decided: the engine keeps the change as long.
    // Of one that is still being linked, or no longer wanted, nothing is worth keeping; an attempt to link begins anew.
    private async Task<bool> CloseOver(string why)
    {
        LogNotSaved(logger, Number, why);
        await Recover();
        _owed = Session.Paired ? _owed : null;
        await Step(session => session.Paired
            ? session.CredentialsLost(CredentialsNotSaved, Now)
            : session.On(new EngineEvent.Closed(DisconnectCause.ConnectionLost), Now, context.Random));
        return !Session.Paired;
    }

    private void SetAside(EngineEvent.Unknown evt)
    {
        // A type that is not known was logged by whoever heard it.
        if (evt.Why is { } why)
        {
            LogSetAside(logger, Number, evt.Type, why);
        }

        context.Metrics.PassedOver(State.Document.Engine, SetAsideBecause.Unreadable);
    }

    private void SetAside(EngineEvent evt, Exception why)
    {
        // What the exception says can hold what the event says.
        LogSetAside(logger, Number, evt is EngineEvent.Unknown unreadable ? unreadable.Type : evt.GetType().Name, why.WithoutMessages());
        context.Metrics.PassedOver(State.Document.Engine, SetAsideBecause.Failed);
        if (Readable(evt) is EngineEvent.Closed)
        {
            // Whatever it said.
            ConnectionIsGone();
        }
    }

    private static bool IsSecret(EngineEvent evt) => evt is EngineEvent.CredentialsChanged || IsUnreadableSecret(evt);

    private static bool IsUnreadableSecret(EngineEvent evt) => evt is EngineEvent.Unknown { IsSecret: true };

    private EngineEvent Readable(EngineEvent evt) => evt switch
    {
        EngineEvent.Unknown { Rest: EngineEvent.MessageReceived { Message: var message } } when message.Timestamp == default =>
            new EngineEvent.MessageReceived(message with { Timestamp = Now }),
        EngineEvent.Unknown { Rest: { } rest } => rest,
        _ => evt,
    };
}
