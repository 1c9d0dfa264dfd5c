using Loopwave.Engines;
using Loopwave.Numbers;
using Xunit;
using static Loopwave.Grains.Tests.Numbers.Sessions;

namespace Loopwave.Grains.Tests.Numbers;

/// <summary>What people and restarts do to a session, in every state.</summary>
public sealed class NumberSessionTests
{
    [Theory]
    [InlineData("never linked", SessionState.LoggedOut)]
    [InlineData("linking, pending", SessionState.Pending)]
    [InlineData("linking, admitted", SessionState.Pending)]
    [InlineData("linking, connecting", SessionState.Pending)]
    [InlineData("linking, waiting", SessionState.Waiting)]
    [InlineData("linking", SessionState.Pending)]
    [InlineData("scanned", SessionState.Pending)]
    [InlineData("linked", SessionState.Pending)]
    [InlineData("pending", SessionState.Pending)]
    [InlineData("admitted", SessionState.Pending)]
    [InlineData("connecting", SessionState.Pending)]
    [InlineData("ready", SessionState.Pending)]
    [InlineData("waiting", SessionState.Waiting)]
    [InlineData("held", SessionState.Held)]
    [InlineData("restricted until", SessionState.Restricted)]
    [InlineData("restricted", SessionState.Restricted)]
    [InlineData("stopped", SessionState.Stopped)]
    [InlineData("logged out, credentials kept", SessionState.LoggedOut)]
    [InlineData("logged out", SessionState.LoggedOut)]
    [InlineData("removed", SessionState.Removed)]
    public void A_restart_brings_back_what_was_wanted(string before, SessionState after)
    {
        var session = Named(before);
        var resumed = session.Resume(At(2));

        Assert.Equal(after, resumed.State);
        Assert.Equal(session.Paired, resumed.Paired);
        Assert.Equal(session.Attempt, resumed.Attempt);
        Assert.Equal(session.Link, resumed.Link);
        Assert.Equal(resumed, resumed.Resume(At(2)));
        if (after is not SessionState.Pending)
        {
            Assert.Equal(session, resumed);
        }
    }

    [Theory]
    [InlineData("linking, pending")]
    [InlineData("linking, connecting")]
    [InlineData("linking")]
    [InlineData("scanned")]
    public void A_link_that_a_restart_cut_off_starts_afresh_while_its_time_lasts(string before)
    {
        Assert.True(Named(before).Resume(At(100)).WipeDue);

        var late = Named(before).Resume(At(190));
        Assert.Equal((SessionState.LoggedOut, "link_expired", true), (late.State, late.Reason?.Code, late.WipeDue));
    }

    [Theory]
    [InlineData("never linked", SessionState.LoggedOut, null)]
    [InlineData("linking, pending", SessionState.LoggedOut, "link_cancelled")]
    [InlineData("linking, admitted", SessionState.LoggedOut, "link_cancelled")]
    [InlineData("linking, connecting", SessionState.LoggedOut, "link_cancelled")]
    [InlineData("linking, waiting", SessionState.LoggedOut, "link_cancelled")]
    [InlineData("linking", SessionState.LoggedOut, "link_cancelled")]
    [InlineData("scanned", SessionState.LoggedOut, "link_cancelled")]
    [InlineData("linked", SessionState.Stopped, "stopped")]
    [InlineData("pending", SessionState.Stopped, "stopped")]
    [InlineData("admitted", SessionState.Stopped, "stopped")]
    [InlineData("connecting", SessionState.Stopped, "stopped")]
    [InlineData("ready", SessionState.Stopped, "stopped")]
    [InlineData("waiting", SessionState.Stopped, "stopped")]
    [InlineData("held", SessionState.Stopped, "stopped")]
    [InlineData("restricted until", SessionState.Stopped, "stopped")]
    [InlineData("restricted", SessionState.Stopped, "stopped")]
    [InlineData("stopped", SessionState.Stopped, "stopped")]
    [InlineData("logged out, credentials kept", SessionState.LoggedOut, "linked_devices_off")]
    [InlineData("logged out", SessionState.LoggedOut, "unlinked")]
    [InlineData("removed", SessionState.Removed, "removed")]
    public void Stopping_keeps_a_linked_device_and_cancels_an_unfinished_link(string before, SessionState after, string? reason)
    {
        var session = Named(before);
        var stopped = session.Stop(At(5));

        Assert.Equal((after, reason), (stopped.State, stopped.Reason?.Code));
        Assert.Equal(session.Paired, stopped.Paired);
        Assert.Equal(reason is "link_cancelled", stopped.WipeDue);
        Assert.True(stopped.NeedsPerson());
        if (after is SessionState.Stopped)
        {
            Assert.Equal((NumberStatus.Disconnected, NumberDetail.Stopped), (stopped.Status, stopped.Detail));
        }
    }

    [Theory]
    [InlineData("held")]
    [InlineData("restricted until")]
    [InlineData("restricted")]
    [InlineData("stopped")]
    public void Starting_connects_what_waits_for_a_person_or_a_date(string before)
    {
        var started = Named(before).Start(At(5));

        Assert.Equal((SessionState.Pending, NumberStatus.Connecting), (started.State, started.Status));
        Assert.Equal((0, null, null, false), (started.Attempt, started.Reason, started.Until, started.Replaced));
    }

    [Theory]
    [InlineData("never linked")]
    [InlineData("linking, pending")]
    [InlineData("linking, admitted")]
    [InlineData("linking, connecting")]
    [InlineData("linking, waiting")]
    [InlineData("linking")]
    [InlineData("scanned")]
    [InlineData("linked")]
    [InlineData("pending")]
    [InlineData("admitted")]
    [InlineData("connecting")]
    [InlineData("ready")]
    [InlineData("waiting")]
    [InlineData("logged out, credentials kept")]
    [InlineData("logged out")]
    [InlineData("removed")]
    public void Starting_what_is_under_way_or_has_no_device_changes_nothing(string before) =>
        Assert.Equal(Named(before), Named(before).Start(At(5)));

    [Fact]
    public void Reconnect_connects_whatever_has_a_device_and_leaves_the_rest_alone()
    {
        foreach (var (name, session) in Every())
        {
            var after = session.Reconnect(At(5));
            if (session is { Paired: true, LogOutDue: null })
            {
                Assert.True(after is { State: SessionState.Pending, Attempt: 0, Reason: null, Until: null, Replaced: false }, name);
            }
            else
            {
                Assert.True(after == session, name);
            }
        }
    }

    [Fact]
    public void A_number_whose_turn_it_is_connects_at_once_and_one_in_line_asks_again_when_it_was_told_to()
    {
        Assert.Equal((SessionState.Connecting, At(30)), (Named("pending").Admit(Now, Now).State, Named("pending").Admit(Now, Now).DueAt));

        var admitted = Named("pending").Admit(At(3), Now);
        Assert.Equal((SessionState.Admitted, At(3), At(3)), (admitted.State, admitted.DueAt, admitted.NextAttemptAt));
        Assert.Equal(admitted, admitted.Tick(At(2), Middle));
        Assert.Equal(SessionState.Pending, admitted.Tick(At(3), Middle).State);
        Assert.Equal((SessionState.Pending, admitted.Since), (admitted.Hurry(At(1)).State, admitted.Hurry(At(1)).Since));
    }

    [Fact]
    public void A_turn_that_comes_when_it_is_not_waited_for_any_more_changes_nothing()
    {
        foreach (var (name, session) in Every().Where(one => one.Session.State is not SessionState.Pending))
        {
            Assert.True(session == session.Admit(Now, Now), name);
            Assert.True(session.State is SessionState.Admitted || session == session.Hurry(Now), name);
        }
    }

    [Fact]
    public void Reconnect_counts_as_a_change_when_people_see_one()
    {
        var connecting = Named("waiting").Tick(At(1), Middle).Connecting(At(1));
        Assert.Equal("connection_lost", connecting.Reason?.Code);

        Assert.Equal(At(9), connecting.Reconnect(At(9)).Since);
        Assert.Equal(At(9), connecting.Reconnect(At(9)).Reconnect(At(20)).Since);
    }

    [Fact]
    public void Removing_wipes_in_every_state_and_is_final_until_somebody_links_again()
    {
        foreach (var (name, session) in Every().Where(one => !one.Session.IsRemoved))
        {
            var removed = session.Remove(At(5)).LoggedOut(At(5));

            Assert.True(removed is { State: SessionState.Removed, WipeDue: true, Paired: false, Reason.Code: "removed" }, name);
            foreach (var (_, same) in EveryCommand(removed).Concat(EveryEvent(removed)))
            {
                Assert.Equal(removed, same);
            }

            Assert.Equal(SessionState.Pending, removed.StartLink(Qr, At(9)).State);
        }
    }

    [Fact]
    public void Linking_starts_afresh_in_every_state()
    {
        foreach (var (name, session) in Every())
        {
            var attempt = new LinkAttempt("919800000001", true, At(5));
            var linking = session.StartLink(attempt, At(5)).LoggedOut(At(5));

            Assert.True(linking is { State: SessionState.Pending, WipeDue: true, Paired: false, Attempt: 0, Reason: null }, name);
            Assert.Equal((attempt, NumberStatus.LoggedOut, NumberDetail.Linking), (linking.Link, linking.Status, linking.Detail!.Value));
        }
    }

    [Fact]
    public void What_arrives_late_changes_nothing()
    {
        foreach (var (name, session) in Every().Where(one => !one.Session.IsOpen))
        {
            foreach (var (evt, same) in EveryEvent(session))
            {
                Assert.True(same == session, $"{name}: {evt}");
            }
        }
    }

    [Fact]
    public void A_code_that_nobody_scans_ends_by_itself()
    {
        Assert.Equal(At(190), Linking().DueAt);
        Assert.Equal(Linking(), Linking().Tick(At(189), Middle));

        var over = Linking().Tick(At(190), Middle);
        Assert.Equal((NumberStatus.LoggedOut, null, "link_expired", true), (over.Status, over.Detail, over.Reason?.Code, over.WipeDue));
    }

    [Fact]
    public void A_link_that_never_gets_through_ends_by_itself_too_and_says_why()
    {
        var session = new NumberSession().StartLink(Qr, Now);
        var now = Now;
        while (session.State is not SessionState.LoggedOut)
        {
            session = session.Connecting(now);
            now = session.DueAt!.Value;
            session = session.Tick(now, Middle);
            now = session.DueAt ?? now;
            session = session.Tick(now, Middle);
        }

        Assert.Equal((At(190), "timed_out"), (now, session.Reason?.Code));
    }

    [Fact]
    public void A_link_that_fails_in_the_end_without_a_code_on_screen_says_what_failed()
    {
        var unreachable = new NumberSession().StartLink(Qr, Now).Connecting(At(185)).On(new EngineEvent.Closed(428, Cause: "whatsapp_unreachable"), At(190), Middle);
        Assert.Equal((SessionState.LoggedOut, "whatsapp_unreachable", true), (unreachable.State, unreachable.Reason?.Code, unreachable.WipeDue));

        var cutShort = new NumberSession().StartLink(Qr, Now).Connecting(At(150)).On(new EngineEvent.Closed(428, Cause: "whatsapp_unreachable"), At(170), Middle)
            .Tick(At(180), Middle).Connecting(At(180)).Tick(At(190), Middle);
        Assert.Equal((SessionState.LoggedOut, "whatsapp_unreachable", true), (cutShort.State, cutShort.Reason?.Code, cutShort.WipeDue));

        var lost = Linking().On(new EngineEvent.Closed(428), At(190), Middle);
        Assert.Equal((SessionState.LoggedOut, "link_expired"), (lost.State, lost.Reason?.Code));
    }

    [Fact]
    public void A_fresh_code_does_not_prolong_the_attempt()
    {
        var fresh = Linking().On(new EngineEvent.LinkOffered("2@next", null, At(120)), At(100), Middle);

        Assert.Equal(Linking(), fresh);
    }

    [Fact]
    public void A_device_that_is_not_wanted_is_removed_once_it_has_logged_in_whatever_happens_before()
    {
        var unwanted = Linked().Reject(new("already_linked", "This phone is linked as another number."));
        var stopped = unwanted.Closed(515, At(1)).Stop(At(2));
        var opened = stopped.Start(At(3)).Connecting(At(3)).Opened(At(4));

        Assert.Equal((NumberStatus.LoggedOut, "already_linked", true), (opened.Status, opened.Reason?.Code, opened.CanLogOut));
        var gone = opened.LoggedOut(At(5));
        Assert.Equal((SessionState.LoggedOut, "already_linked", true, false), (gone.State, gone.Reason?.Code, gone.WipeDue, gone.Paired));
        Assert.Equal("already_linked", unwanted.Closed(401, At(1)).Reason?.Code);
        Assert.NotNull(unwanted.Closed(411, At(1)).Unwanted);
        Assert.Null(Named("stopped").Reject(new("already_linked", "Too late.")).Unwanted);
    }

    [Fact]
    public void Credentials_that_are_gone_log_out_without_wiping_and_can_be_tried_again()
    {
        var lost = Named("connecting").CredentialsLost(new("credentials_missing", "The stored credentials are gone."), At(5));

        Assert.Equal((NumberStatus.LoggedOut, "credentials_missing", false, true), (lost.Status, lost.Reason?.Code, lost.WipeDue, lost.Paired));
        Assert.Equal(SessionState.Pending, lost.Reconnect(At(6)).State);
        Assert.Equal(Named("stopped"), Named("stopped").CredentialsLost(new("credentials_missing", "Too late."), At(5)));
    }

    [Fact]
    public void Attempts_start_over_only_after_30_stable_seconds()
    {
        var session = Ready();
        for (var i = 1; i <= 3; i++)
        {
            session = session.Closed(428, At(i * 100)).Tick(At((i * 100) + 60), Middle).Connecting(At((i * 100) + 60)).Opened(At((i * 100) + 60));
            Assert.Equal(i, session.Attempt);
        }

        Assert.Equal(3, session.Tick(At(389), Middle).Attempt);
        var stable = session.Tick(At(390), Middle);
        Assert.Equal((0, null, session.Since), (stable.Attempt, stable.DueAt, stable.Since));
    }

    [Theory]
    [InlineData("linking, admitted", 1)]
    [InlineData("linking, connecting", 30)]
    [InlineData("linking", 190)]
    [InlineData("scanned", 60)]
    [InlineData("linked", 30)]
    [InlineData("admitted", 1)]
    [InlineData("connecting", 30)]
    [InlineData("ready", 30)]
    public void What_waits_says_until_when(string state, double seconds) => Assert.Equal(At(seconds), Named(state).DueAt);

    [Theory]
    [InlineData(-3600)]
    [InlineData(-86400)]
    [InlineData(3600)]
    [InlineData(86400)]
    public void A_clock_that_jumps_makes_nothing_wait_longer(double jump)
    {
        foreach (var (name, session) in Every().Where(one => one.Session.DueAt is not null && one.Name is not "restricted until"))
        {
            Assert.True(session != session.Tick(At(jump), Middle), name);
        }
    }

    [Fact]
    public void A_restriction_ends_when_the_clock_says_so_however_it_got_there()
    {
        var restricted = Named("restricted until");

        Assert.Equal(restricted, restricted.Tick(At(-86400), Middle));
        Assert.Equal(SessionState.Pending, restricted.Tick(At(3600), Middle).State);
    }

    [Fact]
    public void A_clock_that_is_set_right_by_a_second_disturbs_nobody()
    {
        foreach (var (name, session) in Every())
        {
            Assert.True(session == session.Tick(At(-1), Middle), name);
        }
    }

    [Theory]
    [InlineData("never linked", false)]
    [InlineData("linking, pending", true)]
    [InlineData("linking, waiting", true)]
    [InlineData("linking", true)]
    [InlineData("scanned", false)]
    [InlineData("linked", true)]
    [InlineData("waiting", true)]
    [InlineData("ready", true)]
    [InlineData("held", false)]
    [InlineData("restricted", false)]
    [InlineData("stopped", false)]
    [InlineData("logged out", false)]
    [InlineData("removed", false)]
    public void Another_way_to_the_network_begins_again_only_what_is_on_its_way(string name, bool begins)
    {
        var session = Every().Single(one => one.Name == name).Session;

        var rerouted = session.Reroute(At(9));

        Assert.Equal(begins ? SessionState.Pending : session.State, rerouted.State);
        Assert.Equal(session.Paired, rerouted.Paired);
        Assert.Equal(session.Link, rerouted.Link);
        Assert.Equal(begins ? "proxy_changed" : session.Reason?.Code, rerouted.Reason?.Code);
        Assert.Equal(begins && !session.Paired, rerouted.WipeDue && !session.WipeDue);
    }

    [Fact]
    public void Another_way_to_the_network_does_not_bring_a_code_back_whose_time_is_over() =>
        Assert.Equal("link_expired", Linking().Reroute(At(191)).Reason!.Code);

    [Fact]
    public void Only_documented_pairs_of_status_and_detail_are_shown()
    {
        (NumberStatus, NumberDetail?)[] documented =
        [
            (NumberStatus.Ready, null), (NumberStatus.Connecting, null), (NumberStatus.Connecting, NumberDetail.Linking),
            (NumberStatus.Disconnected, null), (NumberStatus.Disconnected, NumberDetail.Stopped), (NumberStatus.Disconnected, NumberDetail.Restricted),
            (NumberStatus.LoggedOut, null), (NumberStatus.LoggedOut, NumberDetail.Linking),
        ];
        (string Name, NumberSession Session) linkedThenLost = ("linked, waiting", Linked().Closed(428, Now));

        Assert.All(Every().Append(linkedThenLost), one => Assert.Contains((one.Session.Status, one.Session.Detail), documented));
    }

    private static IEnumerable<(string, NumberSession)> EveryCommand(NumberSession session)
    {
        var cause = new Cause("credentials_missing", "They are gone.");
        yield return ("resume", session.Resume(At(9)));
        yield return ("stop", session.Stop(At(9)));
        yield return ("start", session.Start(At(9)));
        yield return ("reconnect", session.Reconnect(At(9)));
        yield return ("reroute", session.Reroute(At(9)));
        yield return ("remove", session.Remove(At(9)));
        yield return ("deaf", session.Deaf(At(9), Middle));
        yield return ("credentials lost", session.CredentialsLost(cause, At(9)));
        yield return ("reject", session.Reject(cause));
        yield return ("tick", session.Tick(At(1_000_000), Middle));
    }

    private static IEnumerable<(string, NumberSession)> EveryEvent(NumberSession session)
    {
        EngineEvent[] events =
        [
            new EngineEvent.LinkOffered("2@late", null, At(99)), new EngineEvent.LinkScanned(),
            new EngineEvent.Linked("919800000001", null, null), new EngineEvent.Opened(null), new EngineEvent.PingLost(),
            .. new[] { 400, 401, 402, 403, 405, 406, 408, 411, 428, 440, 500, 503, 515, 999 }.Select(code => new EngineEvent.Closed(code)),
        ];
        return events.Select(evt => (evt.ToString(), session.On(evt, At(9), Middle)));
    }
}
