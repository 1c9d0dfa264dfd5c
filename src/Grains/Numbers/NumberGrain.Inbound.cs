using Loopwave.Chats;
using Loopwave.Deployment;
using Loopwave.Engines;
using Loopwave.Media;
using Loopwave.Messages;

namespace Loopwave.Numbers;

/// <summary>The way in: a batch of events becomes one commit, and only then is it acknowledged.</summary>
internal sealed partial class NumberGrain
{
    private EngineCursor? _cursor;

    // How many connections had been begun when the events came that are being taken.
    private int _opensBefore;

    public async Task On(EngineBatch batch)
    {
        if (_state is null || _stale)
        {
            return;
        }

        if (batch.First.Epoch == State.Epoch)
        {
            _queue.Heard(Now);
        }

        var opens = _opens;
        await _turn.WaitAsync();
        try
        {
            if (batch.First.Epoch != State.Epoch)
            {
                return;
            }

            _opensBefore = opens;
            await Apply(batch);
        }
        catch (CredentialsUnreadableException exception)
        {
            // What could not be stored waits at the engine until the old credentials can be read again.
            LogCredentialsUnreadable(logger, Number, exception.Message);
            await Step(session => session.CredentialsLost(CredentialsUnreadable, Now));
        }
        catch (Exception)
        {
            // What is stored of it can fall due, whatever became of the rest.
            Arm();
            throw;
        }
        finally
        {
            _turn.Release();
        }

        if (_isClosing || (_mayBeOpen && !Session.IsOpen))
        {
            // Whoever acts closes the connection, and it is not closed before all that the engine has to tell is taken, one batch after the other.
            Track(ActBeside());
            return;
        }

        await Act();
    }

    private async Task Apply(EngineBatch batch)
    {
        var events = NotSeen(batch);
        if (IsTakenSingly(batch, events))
        {
            if (!await TakeSingly(batch, events))
            {
                return;
            }
        }
        else
        {
            try
            {
                if (events.Count > 0)
                {
                    await Take(events);
                    _cursor = batch.Last;
                }

                // The message before the keys: a key that moved on past a message that was lost could never read it again. What is stored is not
                // applied again, whatever comes of them.
                await SaveOwed();
            }
            catch (Exception exception) when (!MayPass(exception))
            {
                Refused(batch);
                throw;
            }
        }

        using var timeout = new CancellationTokenSource(EngineTimeout, context.Clock);
        await _engine.Acknowledge(Number, batch.Last, timeout.Token);
    }

    private async Task Take(IReadOnlyList<EngineEvent> events)
    {
        for (var attempt = 1; ; attempt++)
        {
            // Not tried again here when that fails: whoever gives these events does so, and comes less and less often.
            await Recover();
            var lane = State.Lane;
            try
            {
                await Store([.. events.Select(Readable)]);
                break;
            }
            catch (StorageUnavailableException) when (attempt < MostTries && lane.IsBroken)
            {
                // Read what is stored, unless a neighbour did already, and apply the same events on top; the engine keeps
                // them until then.
            }
            catch (Exception exception) when (exception is not (StorageUnavailableException or NumberNotOwnedException or CredentialsUnreadableException))
            {
                // A mistake of ours halfway through a change: nothing may build on the half.
                BreakLane(State.Lane);
                throw;
            }
        }

        events.OfType<EngineEvent.Unknown>().ToList().ForEach(SetAside);
    }

    private IReadOnlyList<EngineEvent> NotSeen(EngineBatch batch)
    {
        var seen = _cursor is { } cursor && cursor.Host == batch.First.Host && cursor.Epoch == batch.First.Epoch
            ? cursor.Sequence - batch.First.Sequence + 1
            : 0;
        return seen <= 0 ? batch.Events : [.. batch.Events.Skip((int)Math.Min(seen, batch.Events.Count))];
    }

    private async Task Store(IReadOnlyList<EngineEvent> events)
    {
        var linked = events.OfType<EngineEvent.Linked>().LastOrDefault();
        var rejection = linked is null ? null : await Rejection(linked);
        var secrets = events.OfType<EngineEvent.CredentialsChanged>().SelectMany(evt => evt.Changes).ToList();
        if (linked is not null)
        {
            // A device is linked only once its secrets are safe.
            await SaveOwed();
            await SaveCredentials(secrets, Session);
        }

        var known = await Prepare(events);

        // From here to the commit nothing waits.
        var work = NewWork();
        work.JoinDoubles();
        var inbound = new Inbound(work, _queue, known.Messages, known.Canonical, known.Media);
        var document = State.Document;
        foreach (var evt in events)
        {
            document = document with { Session = document.Session.On(evt, Now, context.Random) };
            document = Note(document, evt, rejection);
            inbound.Apply(evt);
        }

        JoinLines(work);
        document = document with { Subjects = State.Document.Subjects };
        var before = State.Document.Session;
        if (document != State.Document)
        {
            work.Change(document);
        }

        await Commit(work);
        LogStep(before, document.Session);
        if (events.Any(evt => evt is EngineEvent.Closed))
        {
            ConnectionIsGone();
        }

        ForgetEndedHistory();
        if (linked is null && secrets.Count > 0)
        {
            Owe(secrets, document.Session);
        }
    }

    /// <summary>Why the device that was just linked may not stay.</summary>
    private async Task<Cause?> Rejection(EngineEvent.Linked linked)
    {
        if (State.Document.Phone is { } before && before != linked.Phone && Session.Link is not { Replace: true })
        {
            return new("different_phone", "Another phone than before scanned the code. Confirm that it replaces the old one, and link again.");
        }

        return await ports.Numbers.LinkedElsewhere(Number, State.Document.Engine, linked.Phone) is null
            ? null
            : new("already_linked", "This phone is linked as another number already.");
    }

    // What an event says about the number itself.
    private NumberDocument Note(NumberDocument document, EngineEvent evt, Cause? rejection)
    {
        switch (evt)
        {
            case EngineEvent.LinkOffered offered:
                _offer = new LinkOffer(offered.Qr, offered.Code, offered.ExpiresAt);
                return document;
            case EngineEvent.Linked when !document.Session.Paired:
                return document;
            case EngineEvent.Linked when rejection is not null:
                return document with { Session = document.Session.Reject(rejection) };
            case EngineEvent.Linked linked:
                return document with
                {
                    Phone = linked.Phone, Lid = linked.Lid, PushName = linked.PushName ?? document.PushName, RemovedAt = null,
                    Cut = document.Phone is null || document.Phone == linked.Phone ? document.Cut : CutQueue(MessageRules.NumberReplaced),
                };
            case EngineEvent.MessageReceived { Message: { FromMe: false } written }:
                _presences.Forget(written.Jid, written.OtherJid, written.Participant, written.OtherParticipant);
                return document;
            case EngineEvent.Opened opened:
                _presences.Clear();
                if (document.Engine is EngineKind.WhatsApp)
                {
                    context.Version.Accepted();
                }

                _connections++;
                _connection = document.Session.CanSend ? new Connection($"{State.Epoch}.{_connections}", Now) : new Connection("unwanted", Now);
                return document with { PushName = opened.PushName ?? document.PushName };
            case EngineEvent.PingLost:
                LogDeaf(logger, Number);
                _connection = null;
                return document;
            case EngineEvent.Closed closed:
                if (closed.Code == DisconnectCause.ClientOutdated && document.Engine is EngineKind.WhatsApp)
                {
                    context.Version.Refused(Number);
                }

                // Nothing is sent any more. But as long as this is not stored it is told again, and a connection that was opened meanwhile would be taken
                // for the one that went.
                _connection = null;
                return document with { History = HistoryWithoutConnection(document.History) };
            case EngineEvent.HistoryReceived history:
                return document with { History = HistoryAfter(document.History, history) };
            default:
                return document;
        }
    }

    /// <summary>Reads everything that the events may speak of.</summary>
    private async Task<Known> Prepare(IReadOnlyList<EngineEvent> events)
    {
        var jids = new HashSet<string>();
        var answered = new HashSet<string>();
        var ids = new HashSet<string>();
        foreach (var evt in events)
        {
            InboundNames.Collect(evt, jids, answered, ids);
        }

        // What is still in the queue is found by its row; what is not may be sent already.
        var queued = ids.Concat(answered).Distinct().Select(_queue.FindByWhatsAppId).OfType<QueueItem>().Select(item => item.Message).ToList();
        ids.UnionWith(answered.Where(id => _queue.FindByWhatsAppId(id) is null));
        var known = await LoadByWhatsAppId(ids);
        var waiting = await LoadMessages(queued);
        return await Prepare([.. known.Concat(waiting).DistinctBy(message => message.Id)], jids);
    }

    private Task<Known> Prepare(IReadOnlyList<MessageDocument> known, IReadOnlyCollection<string> jids) =>
        Look(book => Prepare(book, known, jids));

    private async Task<Known> Prepare(ChatBook book, IReadOnlyList<MessageDocument> known, IReadOnlyCollection<string> jids)
    {
        await book.Load([.. jids, .. known.SelectMany(message => message.Reactions).Select(reaction => reaction.Jid).OfType<string>()]);
        var canonical = new Dictionary<string, string>();
        foreach (var chat in known.Select(message => message.Chat).Distinct())
        {
            if (await book.LoadChat(chat) is { } stored)
            {
                canonical[chat] = stored.Id;
            }
        }

        var senders = known.Select(message => message.Sender).OfType<string>().Distinct().ToList();
        foreach (var (party, into) in senders.Count == 0 ? new Dictionary<string, string>() : await ports.Chats.Canonical(senders))
        {
            canonical[party] = into;
        }

        var files = known.Select(message => message.Media).OfType<string>().Distinct().ToList();
        var media = files.Count == 0 ? new Dictionary<string, MediaDocument>() : await ports.Media.Get(files);
        return new Known(known.ToLookup(message => message.WhatsAppId), canonical, media);
    }

    private sealed record Known(
        ILookup<string, MessageDocument> Messages,
        IReadOnlyDictionary<string, string> Canonical,
        IReadOnlyDictionary<string, MediaDocument> Media);
}
