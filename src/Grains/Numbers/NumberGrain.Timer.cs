using Loopwave.Deployment;

namespace Loopwave.Numbers;

/// <summary>The one timer of a number: set to whatever falls due next, absent while nothing waits.</summary>
internal sealed partial class NumberGrain
{
    private static readonly TimeSpan RetryAfterFault = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(1);

    // Timers count in ticks of the machine, of up to some 16 ms.
    private static readonly TimeSpan RingsEarlyBy = TimeSpan.FromMilliseconds(50);

    private IGrainTimer? _timer;
    private DateTimeOffset? _pumpAt;

    // What the timer was set for, when, and for how long.
    private (DateTimeOffset Due, long At, TimeSpan Wait)? _armed;

    // Moments, and not times from the last look: a number that is busy looks all the time.
    private DateTimeOffset? _lookAt;
    private DateTimeOffset? _saveAt;

    private StorageRetry _storageRetry = StorageRetry.None;

    /// <summary>Sets the one timer to the next thing that falls due; none when nothing waits.</summary>
    private void Arm()
    {
        if (_state is null || _stale)
        {
            return;
        }

        KeepWhileNeeded();
        _local?.Is(Session, _queue.Count, _queue.FirstExpiry - context.Options.MessageTimeToLive);
        var now = Now;
        _storageRetry = State.Lane.IsBroken ? _storageRetry.Wanted(now, context.Random) : _storageRetry.Off();

        // What falls due, and whether older messages are still under way, is only known once what is stored was read.
        if ((_storageRetry.At ?? NextDue(now)) is not { } at)
        {
            _timer?.Dispose();
            _timer = null;
            _armed = null;
            return;
        }

        var wait = at - now;
        wait = wait <= TimeSpan.Zero ? TimeSpan.FromMilliseconds(1) : wait < LongestTimer ? wait : LongestTimer;
        _armed = (at, context.Clock.GetTimestamp(), wait);
        if (_timer is null)
        {
            _timer = this.RegisterGrainTimer(OnTimer, new GrainTimerCreationOptions(wait, Timeout.InfiniteTimeSpan) { Interleave = true, KeepAlive = true });
        }
        else
        {
            _timer.Change(wait, Timeout.InfiniteTimeSpan);
        }
    }

    private DateTimeOffset? NextDue(DateTimeOffset now)
    {
        _lookAt = _isActDue || (Session.IsOpen && !_engineOpen) ? Earlier(_lookAt, now + RetryAfterFault) : null;
        _saveAt = _owed is not null ? Earlier(_saveAt, now + SaveAgainAfter) : null;
        var next = Earlier(now + Session.DueIn(now), Earlier(_lookAt, _saveAt));
        next = Earlier(next, _mayBeOpen && !_engineOpen && !_isClosing && !_isLeaving ? now + CloseAgainIn : null);
        next = Earlier(next, _pumpAt);
        return Earlier(next, HistoryDeadline);
    }

    private async Task OnTimer(CancellationToken cancellationToken)
    {
        try
        {
            // The timer measured real time; a wall clock that was set back meanwhile does not make it wait once more. On a busy
            // machine it is heard late, and may have been set anew since it rang: for that it has not waited.
            var waited = _armed is { } armed && context.Clock.GetElapsedTime(armed.At) >= armed.Wait - RingsEarlyBy ? armed.Due : (DateTimeOffset?)null;
            (_lookAt, _saveAt) = (null, null);
            _storageRetry = _storageRetry.Off();
            await Recover();
            await TryToSaveOwed();
            await Move(session => (session.DueAt == waited && session.Until is null ? session with { DueAt = Now } : session).Tick(Now, context.Random));
            EndOverdueHistory();
        }
        catch (Exception exception) when (exception is not NumberNotOwnedException)
        {
            // Whoever asked meanwhile when to try again was told of this try.
            _storageRetry = _storageRetry.Off();
            Missed(exception, "what fell due");
            Arm();
        }
    }

    private void Missed(Exception exception, string work)
    {
        LogMissed(exception, work);
        State.Lane.Break();
    }

    // What storage has said for all numbers is not said for each of them again.
    private void LogMissed(Exception exception, string work)
    {
        if (exception is StorageUnavailableException { IsLogged: true })
        {
            LogNotStored(logger, Number, work, exception.Message);
        }
        else
        {
            LogFailed(logger, exception, Number, work);
        }
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) =>
        one is null ? other : other is null ? one : one < other ? one : other;
}
