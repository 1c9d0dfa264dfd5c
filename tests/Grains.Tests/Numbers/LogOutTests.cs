using Loopwave.Numbers;
using Xunit;
using static Loopwave.Grains.Tests.Numbers.Sessions;

namespace Loopwave.Grains.Tests.Numbers;

/// <summary>A linked device that is not wanted any more is logged out at the network before its credentials go.</summary>
public sealed class LogOutTests
{
    private static readonly LinkAttempt Another = new(null, true, At(5));

    public static TheoryData<string> EveryDevice => [.. Every().Where(one => one.Session is { Paired: true, LogOutDue: null }).Select(one => one.Name)];

    [Theory]
    [MemberData(nameof(EveryDevice))]
    public void Unlinking_shows_at_once_and_wipes_only_once_the_device_is_logged_out(string before)
    {
        var removing = Named(before).Remove(At(5));
        Assert.Equal(("removed", NumberStatus.LoggedOut, null, true), (removing.Reason?.Code, removing.Status, removing.Detail, removing.IsRemoved));
        Assert.Equal((true, false, null), (removing.Paired, removing.WipeDue, removing.NextAttemptAt));
        Assert.False(removing.CanSend);

        var loggedIn = removing.State is SessionState.Ready ? removing : removing.LoggedIn(At(6));
        Assert.True(loggedIn is { CanLogOut: true, CanSend: false, WipeDue: false });

        var removed = loggedIn.LoggedOut(At(7));
        Assert.True(removed is { State: SessionState.Removed, WipeDue: true, Paired: false, LogOutDue: null, Reason.Code: "removed" });
        Assert.Equal(At(5), removed.Since);
    }

    [Theory]
    [MemberData(nameof(EveryDevice))]
    public void Replacing_logs_the_old_device_out_and_then_links(string before)
    {
        var replacing = Named(before).StartLink(Another, At(5));
        Assert.Equal((null, NumberStatus.LoggedOut, NumberDetail.Linking, true), (replacing.Reason, replacing.Status, replacing.Detail!.Value, replacing.Paired));

        var loggedIn = replacing.State is SessionState.Ready ? replacing : replacing.LoggedIn(At(6));
        var linking = loggedIn.LoggedOut(At(90));

        // Its time begins when its code can be shown.
        Assert.True(linking is { State: SessionState.Pending, WipeDue: true, Paired: false, LogOutDue: null, Reason: null });
        Assert.Equal(Another with { StartedAt = At(90) }, linking.Link);
    }

    [Fact]
    public void A_clock_that_was_set_back_while_it_connects_makes_it_wait_no_longer()
    {
        var connecting = new NumberSession { State = SessionState.Pending, Paired = true }.Connecting(At(3600));
        Assert.Equal(TimeSpan.Zero, connecting.Remove(At(5)).DueIn(At(5)));
        Assert.Equal(TimeSpan.Zero, connecting.StartLink(Another, At(5)).StartLink(Another, At(6)).DueIn(At(6)));
    }

    [Theory]
    [MemberData(nameof(EveryDevice))]
    public void What_cannot_be_logged_out_is_wiped_when_its_time_is_over_and_says_what_to_do(string before)
    {
        var session = Named(before).Remove(At(5));
        var now = At(5);
        while (session.State is not SessionState.Removed)
        {
            session = session.State is SessionState.Pending ? session.Connecting(now) : session;
            session = session.State is SessionState.Connecting ? session.Closed(503, now) : session;
            Assert.True(session is { Paired: true, WipeDue: false }, $"{session}");
            now += session.DueIn(now)!.Value;
            session = session.Tick(now, Middle);
        }

        Assert.Equal(At(125), now);
        Assert.True(session is { WipeDue: true, Reason.Code: "not_logged_out" });
        Assert.Contains("phone", session.Reason!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(401, SessionState.Removed, "removed")]
    [InlineData(403, SessionState.Removed, "not_logged_out")]
    [InlineData(406, SessionState.Removed, "not_logged_out")]
    [InlineData(411, SessionState.Removed, "not_logged_out")]
    [InlineData(515, SessionState.Pending, "removed")]
    [InlineData(428, SessionState.Waiting, "removed")]
    [InlineData(440, SessionState.Waiting, "removed")]
    [InlineData(405, SessionState.Waiting, "removed")]
    public void Why_it_is_not_let_in_decides_whether_it_is_tried_again(int code, SessionState after, string reason)
    {
        var closed = Named("stopped").Remove(At(5)).Connecting(At(5)).Closed(code, At(6));

        Assert.Equal((after, reason), (closed.State, closed.Reason?.Code));
        Assert.Equal(after is SessionState.Removed, closed.WipeDue);
        Assert.True(closed.IsRemoved);
    }

    [Fact]
    public void A_log_out_that_failed_is_tried_again_on_another_connection()
    {
        var failed = Ready().Remove(At(5)).LogOutFailed(At(6), Middle);
        Assert.Equal((SessionState.Waiting, "removed", At(6.5)), (failed.State, failed.Reason?.Code, failed.DueAt));

        Assert.True(failed.Tick(At(6.5), Middle).LoggedIn(At(7)).CanLogOut);
        Assert.Equal(Ready(), Ready().LogOutFailed(At(6), Middle));
        Assert.Equal(Ready(), Ready().LoggedOut(At(6)));
    }

    [Fact]
    public void Credentials_that_are_gone_can_log_nothing_out()
    {
        var lost = Named("stopped").Remove(At(5)).Connecting(At(5)).CredentialsLost(new("credentials_missing", "They are gone."), At(5));

        Assert.True(lost is { State: SessionState.Removed, WipeDue: true, Reason.Code: "not_logged_out" });
    }

    [Fact]
    public void A_restart_goes_on_with_it_and_gives_it_its_time_again()
    {
        foreach (var session in new[] { Ready().Remove(At(5)), Ready().Remove(At(5)).LogOutFailed(At(6), Middle), Named("stopped").StartLink(Another, At(5)) })
        {
            var resumed = session.Resume(At(10_000));

            Assert.Equal((SessionState.Pending, true, session.IsRemoved), (resumed.State, resumed.Paired, resumed.IsRemoved));
            Assert.Equal(At(10_120), resumed.LogOutDue!.By);
            Assert.Equal(session.Reason, resumed.Reason);
        }
    }

    [Fact]
    public void Commands_meanwhile_change_what_follows_and_not_that_the_device_goes()
    {
        var replacing = Named("stopped").StartLink(Another, At(5));
        Assert.Equal(SessionState.LoggedOut, replacing.Stop(At(6)).LogOutDue!.Then);
        Assert.Equal("link_cancelled", replacing.Stop(At(6)).Reason!.Code);
        Assert.True(replacing.Remove(At(6)).IsRemoved);
        Assert.Equal(At(125), replacing.Remove(At(6)).LogOutDue!.By);

        var removing = Named("stopped").Remove(At(5));
        Assert.Equal(removing, removing.Stop(At(6)));
        Assert.Equal(removing, removing.Start(At(6)));
        Assert.Equal(removing, removing.Reconnect(At(6)));
        Assert.Equal(removing, removing.Remove(At(6)));
        Assert.False(removing.StartLink(Another, At(6)).IsRemoved);
    }

    [Fact]
    public void A_clock_that_is_set_back_makes_it_wait_no_longer()
    {
        var removing = Ready().Remove(At(100));

        Assert.Equal(SessionState.Removed, removing.Tick(At(-3600), Middle).State);
        Assert.Equal(removing, removing.Tick(At(99), Middle));
    }
}
