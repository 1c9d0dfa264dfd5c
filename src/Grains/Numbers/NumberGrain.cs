using Loopwave.Chats;
using Loopwave.Cluster;
using Loopwave.Deployment;
using Loopwave.Engines;
using Loopwave.Messages;
using Loopwave.Sandbox;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Loopwave.Numbers;

/// <summary>
/// One number: owns its session with the network, its send queue and its way in. It acts only under an epoch of its own,
/// and every write is refused once a later epoch exists.
/// <para>
/// Reentrant, so that thousands of sends can wait for storage side by side. What keeps that safe: a change is put together
/// without waiting (<see cref="NumberWork"/>), commits of one lane are applied in order, and whatever reads a stored
/// message in order to change it holds the turn.
/// </para>
/// </summary>
[Reentrant, NumberPlacement]
internal sealed partial class NumberGrain(
    NumberPorts ports,
    NumberContext context,
    ILogger<NumberGrain> logger) : Grain, INumberGrain, INumberEngineEvents, INumberPeople, INumberPlace, ISandboxGrain
{
    private const int MostTries = 3;

    // Callers are told within 5 seconds; one hanging write can take 3.5, and looking up who they are half a second.
    private static readonly TimeSpan RetryFor = TimeSpan.FromSeconds(0.5);

    private readonly BookReaders _readers = new();
    private readonly SemaphoreSlim _acting = new(1, 1);
    private Turn _turn = null!;
    private NumberState? _state;
    private SendQueue _queue = null!;
    private IEngine _engine = null!;
    private Joined _reload = null!;
    private string _incarnation = "";
    private bool _isOwnedElsewhere;
    private string? _owner;
    private bool _stale;
    private bool _isKept;

    private string Number => this.GetPrimaryKeyString();

    private DateTimeOffset Now => context.Clock.GetUtcNow();

    private NumberState State => _state ?? throw new InvalidOperationException($"Number {Number} does not exist.");

    private NumberSession Session => State.Document.Session;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _incarnation = context.Lease.Incarnation;
        if (await ports.Ownership.Claim(Number, _incarnation) is not { } epoch)
        {
            // Answered as unknown, or as owned by another process; the first call lets go of this activation.
            _isOwnedElsewhere = await ports.Numbers.Load(Number) is not null;
            _owner = _isOwnedElsewhere ? await ports.Ownership.Owner(Number) : null;
            return;
        }

        try
        {
            await Take(epoch);
        }
        catch (Exception)
        {
            // An activation that fails is not told when it ends.
            await CloseEngine();
            Vanish(epoch);
            throw;
        }
    }

    private async Task Take(long epoch)
    {
        var stored = await ports.Numbers.Load(Number) ?? throw new InvalidOperationException($"Number {Number} is owned and does not exist.");
        _engine = context.Engine(stored.Document.Engine);
        _turn = new Turn(_readers);
        _reload = new Joined(Reload);
        _queue = await LoadQueue(stored.Document.Engine);
        _state = NewState(stored with { Epoch = epoch });
        _local = context.Local.Came(Number, stored.Document.Engine);
        await Step(session => session.Resume(Now));
        EndOverdueHistory();

        // From here on messages are accepted; connecting may have to wait for others.
        Track(ActBeside());
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_state is null)
        {
            return;
        }

        (_isLeaving, _isEnding) = (true, true);
        if (!_stale)
        {
            await CloseEngine();
            await TryToSaveOwed();
        }

        await Task.WhenAll(_sending).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

        // What was under way may just have opened one.
        if (_engineOpen)
        {
            await CloseEngine();
        }

        Vanish(_stale ? null : State.Epoch);
        await context.Releases.Settled(Number, cancellationToken);
    }

    public async Task<Outcome<NumberDetails>> Get()
    {
        if (_state is null)
        {
            return NotHere();
        }

        var timeline = await ports.Numbers.Timeline(Number);
        return new NumberDetails(View(), [.. timeline.Select(entry => entry.Transition)]);
    }

    public async Task Ensure()
    {
        if (_state is null)
        {
            NotHere();
            if (_isOwnedElsewhere)
            {
                throw new NumberNotOwnedException(Number);
            }

            return;
        }

        State.Recent.Trim(Now);
        await Recover();
        if (!IsActing)
        {
            await Act();
        }
    }

    public Task<Outcome<NumberView>> Update(NumberUpdate update) => OnNumber<NumberView>(async () =>
    {
        if (NumbersGrain.Check(update) is { } refusal)
        {
            return refusal;
        }

        var proxy = State.Document.Proxy;
        if (update.Proxy is { } given)
        {
            var read = Proxy(given);
            if (read.Refusal is { } refused)
            {
                return refused;
            }

            proxy = read.Value;
        }

        NumberDocument Updated(NumberDocument document) => document with
        {
            Label = update.Label ?? document.Label, Tags = update.Tags ?? document.Tags, Proxy = proxy,
        };

        if (proxy != State.Document.Proxy)
        {
            await Move(session => session.Reroute(Now), Updated);
        }
        else
        {
            var work = NewWork();
            work.Change(Updated(State.Document));
            await Commit(work);
        }

        return View();
    });

    public Task<Outcome<NumberView>> SetDesired(DesiredState state) => OnNumber<NumberView>(async () =>
    {
        if (state is DesiredState.Started && Session.IsRemoved)
        {
            return Unlinked();
        }

        await Move(session => state is DesiredState.Started ? session.Start(Now) : session.Stop(Now), document => document with { Desired = state });
        return View();
    });

    public Task<Outcome<NumberView>> Reconnect() => OnNumber<NumberView>(async () =>
    {
        if (Session.IsRemoved)
        {
            return Unlinked();
        }

        if (State.Document.Desired is DesiredState.Stopped)
        {
            return new Refusal(RefusalCode.Conflict, "The number is stopped. Start it first.");
        }

        if (!Session.Paired || Session.LogOutDue is not null)
        {
            return new Refusal(RefusalCode.NoReadySession, "No device is linked. Link the number first.");
        }

        await Move(session => session.Reconnect(Now));
        return View();
    });

    public Task<Outcome<NumberView>> Unlink() => OnNumber<NumberView>(async () =>
    {
        var again = Session.IsRemoved;
        await Move(session => session.Remove(Now), document => document with
        {
            RemovedAt = document.RemovedAt ?? Now, Cut = again ? document.Cut : CutQueue(MessageRules.NumberRemoved),
        });
        return View();
    });

    // Everything accepted so far.
    private QueueCut CutQueue(Cause error) => new(State.Sequence, error);

    private NumberView View() => State.Document.View(State.Day, _queue.Count, Now);

    private Refusal NotHere()
    {
        if (_owner is { } owner)
        {
            // That process lives, and has the right; it may have lost sight of the number. Tried once: by the next time the
            // owner may be gone.
            _owner = null;
            GoTo(SiloAddress.FromParsableString(SiloLease.SiloOf(owner)));
        }
        else
        {
            DeactivateOnIdle();
        }

        return _isOwnedElsewhere ? Moving() : new(RefusalCode.UnknownNumber, "There is no number with this id.");
    }

    private static Refusal Unlinked() => new(RefusalCode.NumberRemoved, "The number was unlinked. Link it again.");

    // Nothing was written: the next call reaches the owner.
    private static Refusal Moving() =>
        new(RefusalCode.StorageUnavailable, "The number is being taken over by another process.", TimeSpan.FromSeconds(1));

    private static Refusal StorageUnavailable() =>
        new(RefusalCode.StorageUnavailable, "Storage is not available at the moment.", TimeSpan.FromSeconds(2));

    /// <summary>Runs an operation of a number that exists, again after a commit that another change got in the way of.</summary>
    private async Task<Outcome<T>> OnNumber<T>(Func<Task<Outcome<T>>> operation)
    {
        if (_state is null)
        {
            return NotHere();
        }

        if (_stale)
        {
            return Moving();
        }

        using var reading = _readers.Enter();
        var started = context.Clock.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            var isRead = false;
            try
            {
                await Recover();
                isRead = true;
                return await operation();
            }
            catch (StorageUnavailableException) when (isRead && attempt < MostTries && context.Clock.GetElapsedTime(started) < RetryFor)
            {
                // Possibly only a neighbour's change failed: what is really stored is read again, and this is tried on top.
            }
            catch (StorageUnavailableException)
            {
                return StorageUnavailable();
            }
            catch (NumberNotOwnedException)
            {
                return Moving();
            }
        }
    }

    // A started number must not be collected while nobody calls it: its connection lives here. Nor one that still has to tell
    // the network that it goes, nor one with messages, which reach their end here when their time is over, nor one with keys to save.
    private void KeepWhileNeeded()
    {
        var keep = Session.LogOutDue is not null || _queue.Count > 0 || _owed is not null
            || (State.Document.Desired is DesiredState.Started && Session.State is not (SessionState.LoggedOut or SessionState.Removed));
        if (keep != _isKept)
        {
            _isKept = keep;
            DelayDeactivation(keep ? TimeSpan.MaxValue : TimeSpan.Zero);
        }
    }
}
