using Loopwave.Engines;
using Loopwave.Numbers;
using Xunit;

namespace Loopwave.Grains.Tests.Numbers;

/// <summary>
/// One life of a session under a timer that measures real time and a wall clock that jumps, checking with every step what
/// must always hold. Acts on the session the way the number's grain does.
/// </summary>
internal sealed class SessionHistory
{
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(5);

    private static readonly (NumberStatus, NumberDetail?)[] Documented =
    [
        (NumberStatus.Ready, null), (NumberStatus.Connecting, null), (NumberStatus.Connecting, NumberDetail.Linking),
        (NumberStatus.Disconnected, null), (NumberStatus.Disconnected, NumberDetail.Stopped), (NumberStatus.Disconnected, NumberDetail.Restricted),
        (NumberStatus.LoggedOut, null), (NumberStatus.LoggedOut, NumberDetail.Linking),
    ];

    private static readonly int[] Codes = [400, 401, 402, 403, 405, 406, 408, 411, 428, 440, 500, 503, 515, 599];

    private NumberSession _session = new();
    private DateTimeOffset _now = Sessions.Now;
    private TimeSpan _measured;
    private TimeSpan? _timer;
    private TimeSpan _waitsSince;
    private TimeSpan _waits;
    private TimeSpan _openedAt;
    private bool _jumped;
    private TimeSpan _partingSince;
    private bool _loggedOut;
    private int _logOuts;
    private int _asked;

    public SessionState State => _session.State;

    public bool CanSend => _session.CanSend;

    public void Do(int what, int which, double random)
    {
        _loggedOut = false;
        switch (what)
        {
            case 0 or 1:
                On(Usual(which), random);
                break;
            case 2:
                On(Any(which), random);
                break;
            case 3:
                On(new EngineEvent.Closed(Codes[which % Codes.Length], which % 4 == 0 ? _now.AddSeconds(which - 100) : null), random);
                break;
            case 4:
                Advance(TimeSpan.FromMilliseconds(which * 10), random);
                break;
            case 5:
                Advance(TimeSpan.FromSeconds(which), random);
                break;
            case 6:
                // To when it waits for.
                Advance(_timer is { } at && at > _measured ? at - _measured : TimeSpan.Zero, random);
                break;
            case 7:
                TimeSpan[] jumps = [TimeSpan.FromHours(1), TimeSpan.FromHours(-1), TimeSpan.FromDays(1), TimeSpan.FromDays(-1)];
                _now += jumps[which % jumps.Length];
                _jumped = true;
                break;
            case 8:
                Command(which, random);
                break;
            default:
                Link(which);
                break;
        }
    }

    /// <summary>With a network that lets everybody in, whatever does not wait for a person is ready soon.</summary>
    public void Recover()
    {
        for (var turns = 0; turns < 40 && !CanSend && !_session.NeedsPerson(); turns++)
        {
            if (_session.State is SessionState.Connecting && _session.Paired)
            {
                On(new EngineEvent.Opened(null), 0.5);
            }
            else
            {
                Do(6, 0, 0.5);
            }
        }

        Holds(CanSend || _session.NeedsPerson(), () => $"{_session}");
    }

    private static EngineEvent Usual(int which) => (which % 5) switch
    {
        0 => new EngineEvent.LinkOffered("2@qr", null, Sessions.Now),
        1 => new EngineEvent.LinkScanned(),
        2 => new EngineEvent.Linked("919800000001", null, null),
        3 => new EngineEvent.Closed(515),
        _ => new EngineEvent.Opened(null),
    };

    private static EngineEvent Any(int which) => (which % 4) switch
    {
        0 => new EngineEvent.PingLost(),
        1 => new EngineEvent.ChatRead("1@lid", Sessions.Now),
        _ => new EngineEvent.Closed(440),
    };

    private void On(EngineEvent evt, double random)
    {
        var before = _session;
        var code = (evt as EngineEvent.Closed)?.Code;
        var unlinked = code is 401 || (evt is EngineEvent.Opened && before.Unwanted is not null);

        // The network holds it for logged out already, or does not let it in any more.
        _loggedOut = code is 401 or 402 or 403 or 406 or 411;
        Step(before.On(evt, _now, random), unlinks: unlinked, commanded: false);
        if (!before.IsOpen)
        {
            Assert.Equal(before, _session);
        }
    }

    private void Link(int which) => Step(_session.StartLink(new LinkAttempt(null, which % 2 == 0, _now), _now), unlinks: true, commanded: true);

    private void Command(int which, double random)
    {
        switch (which % 13)
        {
            case 0 or 1:
                Step(_session.Stop(_now), unlinks: false, commanded: true);
                break;
            case 2 or 3:
                Step(_session.Start(_now), unlinks: false, commanded: true);
                break;
            case 4 or 5:
                Step(_session.Reconnect(_now), unlinks: false, commanded: true);
                break;
            case 6:
                Step(_session.Remove(_now), unlinks: true, commanded: true);
                break;
            case 7:
                _loggedOut = true;
                Step(_session.CredentialsLost(new("credentials_missing", "They are gone."), _now), unlinks: false, commanded: false);
                break;
            case 8:
                Step(_session.Deaf(_now, random), unlinks: false, commanded: false);
                break;
            case 9:
                Step(_session.Reject(new("already_linked", "It is linked elsewhere.")), unlinks: false, commanded: false);
                break;
            case 10:
                Step(_session.Hurry(_now), unlinks: false, commanded: false);
                break;
            case 11:
                Step(_session.Reroute(_now), unlinks: false, commanded: true);
                break;
            default:
                Step(_session.Resume(_now), unlinks: false, commanded: false);
                break;
        }
    }

    private void Advance(TimeSpan by, double random)
    {
        var until = _measured + by;
        while (_timer is { } at && at <= until)
        {
            Pass(at > _measured ? at - _measured : TimeSpan.Zero);
            _timer = null;
            var before = _session;
            Step(before.Tick(_now, random), unlinks: false, commanded: false);
            if (_session == before)
            {
                Assert.NotEqual(TimeSpan.Zero, _session.DueIn(_now));
                Arm();
            }
        }

        Pass(until - _measured);
    }

    private void Pass(TimeSpan by)
    {
        _measured += by;
        _now += by;
        WaitsNoLongerThanItsRule();
    }

    private void Step(NumberSession next, bool unlinks, bool commanded)
    {
        var before = _session;
        if (next == before)
        {
            return;
        }

        Check(before, next, unlinks, commanded);
        _session = next;

        // What the grain does at once: log out or wipe, then ask the connect budget.
        if (next.CanLogOut && ++_logOuts % 3 > 0)
        {
            _loggedOut = true;
            Step(next.LoggedOut(_now), unlinks: true, commanded);
        }
        else if (next.CanLogOut)
        {
            Step(next.LogOutFailed(_now, 0.5), unlinks: false, commanded);
        }
        else if (next.WipeDue)
        {
            Step(next.Wiped(), unlinks, commanded);
        }
        else if (next.State is SessionState.Pending)
        {
            Step(next.Admit(_now + Told(), _now), unlinks, commanded);
        }
        else
        {
            Arm();
        }
    }

    // In line at first, once more when others came before, and then it is its turn.
    private TimeSpan Told()
    {
        TimeSpan[] waits = [TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(1), TimeSpan.Zero];
        return waits[_asked++ % waits.Length];
    }

    private void Arm()
    {
        _timer = _session.DueIn(_now) is { } wait ? _measured + wait : null;
        Holds(_timer is not null || CanSend || _session.NeedsPerson(), () => $"Stuck: {_session}");
        Holds(!_session.NeedsPerson() || _session.Reason is not null || _session.Since == default, () => $"Says nothing: {_session}");
    }

    private void Check(NumberSession before, NumberSession after, bool unlinks, bool commanded)
    {
        Holds(Documented.Contains((after.Status, after.Detail)), () => $"Undocumented: {after}");
        Assert.Equal(before.ShowsLike(after) && before.Since != default ? before.Since : _now, after.Since);
        Assert.True(after.Until is null || after.State is SessionState.Restricted or SessionState.Stopped);
        Assert.False(after.Paired && after.WipeDue);

        // Secrets of a linked device go only when somebody unlinks it, and here not before the network was told, as far as it can be.
        Holds(
            !before.Paired || unlinks || before.LogOutDue is not null || (after.Paired && !after.WipeDue),
            () => $"{before} lost its credentials: {after}");
        Holds(
            !before.Paired || after.Paired || _loggedOut || (before.LogOutDue is not null && (_jumped || _measured - _partingSince >= NumberSession.LogOutTimeout)),
            () => $"{before} was wiped before it was logged out: {after}");
        if (after.LogOutDue is not null && (before.LogOutDue is null || after.LogOutDue.By != before.LogOutDue.By))
        {
            _partingSince = _measured;
            _jumped = false;
        }

        Holds(
            after.LogOutDue is null || _measured - _partingSince <= NumberSession.LogOutTimeout + Slack,
            () => $"Logging out takes {_measured - _partingSince}: {after}");

        // What waits for a person moves only on command.
        Holds(commanded || !before.NeedsPerson() || before.WipeDue || before == after, () => $"{before} moved by itself: {after}");

        var stable = before.CanSend && (_measured - _openedAt >= NumberSession.StableAfter || _jumped);
        Holds(
            commanded || after.State is SessionState.LoggedOut || stable || (before.LogOutDue is null) != (after.LogOutDue is null) || (after.Attempt >= before.Attempt && after.Attempt <= before.Attempt + 1),
            () => $"{before.Attempt} attempts became {after.Attempt}: {after}");
        if (after.CanSend && !before.CanSend)
        {
            _openedAt = _measured;
            _jumped = false;
        }

        if (after.DueAt is { } due && after.MovedAt == _now && (after.State, after.DueAt) != (before.State, before.DueAt))
        {
            _waitsSince = _measured;
            _waits = after.LogOutDue is null ? due - _now : after.DueIn(_now)!.Value;
            Assert.InRange(_waits, TimeSpan.MinValue, Longest(after));
        }
    }

    private static void Holds(bool promise, Func<string> otherwise)
    {
        if (!promise)
        {
            Assert.Fail(otherwise());
        }
    }

    private static TimeSpan Longest(NumberSession session) => session.LogOutDue is not null ? NumberSession.LogOutTimeout : session.State switch
    {
        SessionState.Admitted => TimeSpan.FromSeconds(20),
        SessionState.Connecting => TimeSpan.FromSeconds(30),
        SessionState.Linking => TimeSpan.FromSeconds(190),
        SessionState.Scanned => TimeSpan.FromSeconds(60),
        SessionState.Ready => NumberSession.ReplacedMemory,
        SessionState.Waiting => TimeSpan.FromMinutes(18),
        SessionState.Restricted => session.Until is null ? TimeSpan.FromMinutes(18) : TimeSpan.MaxValue,
        SessionState.LoggedOut or SessionState.Pending or SessionState.Held or SessionState.Stopped or SessionState.Removed => TimeSpan.Zero,
    };

    private void WaitsNoLongerThanItsRule()
    {
        if (_session.DueAt is not null && !(_session.State is SessionState.Restricted && _session.Until is not null))
        {
            Holds(_measured <= _waitsSince + _waits + Slack || _waits < TimeSpan.Zero, () => $"Waits since {_measured - _waitsSince}: {_session}");
        }
    }
}
