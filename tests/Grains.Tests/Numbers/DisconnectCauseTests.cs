using Loopwave.Engines;
using Loopwave.Numbers;
using Xunit;
using static Loopwave.Grains.Tests.Numbers.Sessions;

namespace Loopwave.Grains.Tests.Numbers;

/// <summary>The table of causes in the product decisions, row by row. Every spread is halved.</summary>
public sealed class DisconnectCauseTests
{
    public enum Credentials
    {
        Kept,
        Wiped,
    }

    [Theory]
    [InlineData(400, "handshake_refused", 900.0)]
    [InlineData(405, "client_outdated", 90.0)]
    [InlineData(418, "unknown_error", 900.0)]
    [InlineData(0, "unknown_error", 900.0)]
    [InlineData(-1, "unknown_error", 900.0)]
    [InlineData(408, "timed_out", 0.5)]
    [InlineData(428, "connection_lost", 0.5)]
    [InlineData(500, "server_error", 0.5)]
    [InlineData(503, "server_unavailable", 0.5)]
    [InlineData(440, "replaced", 30.0)]
    public void A_linked_number_that_lost_its_connection_is_disconnected_and_tries_again_by_itself(int code, string reason, double seconds)
    {
        var after = Ready().Closed(code, At(60));

        Shows(after, NumberStatus.Disconnected, null, reason, Credentials.Kept);
        Assert.Equal(At(60 + seconds), after.DueAt);
        Assert.Equal(At(60 + seconds), after.NextAttemptAt);
        Assert.Equal(1, after.Attempt);
        Assert.Equal(SessionState.Pending, after.Tick(At(60 + seconds), Middle).State);
    }

    [Theory]
    [InlineData("whatsapp_unreachable")]
    [InlineData("proxy_unreachable")]
    [InlineData("proxy_refused")]
    [InlineData("credentials_too_large")]
    public void What_was_not_the_networks_doing_is_named_and_tried_again(string reason)
    {
        var cause = DisconnectCause.Of(new EngineEvent.Closed(428, Cause: reason));

        Assert.Equal((reason, DisconnectAction.BackOff), (cause.Reason.Code, cause.Action));
        Assert.Contains(reason, NumberMetrics.Reasons);
    }

    [Theory]
    [InlineData(403, "locked", NumberStatus.Disconnected, NumberDetail.Restricted, Credentials.Kept)]
    [InlineData(406, "banned", NumberStatus.Disconnected, NumberDetail.Restricted, Credentials.Kept)]
    [InlineData(411, "linked_devices_off", NumberStatus.LoggedOut, null, Credentials.Kept)]
    [InlineData(401, "unlinked", NumberStatus.LoggedOut, null, Credentials.Wiped)]
    public void A_linked_number_that_was_turned_away_waits_for_a_person(
        int code, string reason, NumberStatus status, NumberDetail? detail, Credentials credentials)
    {
        var after = Ready().Closed(code, At(60));

        Shows(after, status, detail, reason, credentials);
        Assert.True(after.NeedsPerson());
        Assert.Null(after.NextAttemptAt);
        Assert.Equal(after, after.Tick(At(1_000_000), Middle));
    }

    [Fact]
    public void After_515_it_connects_again_at_once_and_counts_no_failure()
    {
        var after = Ready().Closed(515, At(60));

        Shows(after, NumberStatus.Connecting, null, "restart_required", Credentials.Kept);
        Assert.Equal(SessionState.Pending, after.State);
        Assert.Equal(0, after.Attempt);
    }

    [Fact]
    public void The_515_that_follows_linking_connects_at_once_with_the_new_credentials()
    {
        var after = Linked().Closed(515, At(1));

        Shows(after, NumberStatus.Connecting, NumberDetail.Linking, "restart_required", Credentials.Kept);
        Assert.Equal(SessionState.Pending, after.State);
        Assert.Equal(0, after.Attempt);

        var ready = after.Connecting(At(1)).Opened(At(2));
        Shows(ready, NumberStatus.Ready, null, null, Credentials.Kept);
        Assert.Null(ready.Link);
    }

    [Fact]
    public void A_402_resumes_by_itself_at_the_end_that_the_network_named()
    {
        var after = Ready().Closed(402, At(60), until: At(7200));

        Shows(after, NumberStatus.Disconnected, NumberDetail.Restricted, "temporarily_restricted", Credentials.Kept);
        Assert.Equal(At(7200), after.Until);
        Assert.Equal(At(7200), after.NextAttemptAt);
        Assert.Equal(after, after.Tick(At(7199), Middle));

        var trying = after.Tick(At(7200), Middle);
        Shows(trying, NumberStatus.Connecting, null, "temporarily_restricted", Credentials.Kept);
        Assert.Null(trying.Until);
    }

    [Fact]
    public void A_402_without_an_end_is_tried_again_after_15_minutes()
    {
        var after = Ready().Closed(402, At(60));

        Shows(after, NumberStatus.Disconnected, NumberDetail.Restricted, "temporarily_restricted", Credentials.Kept);
        Assert.Null(after.Until);
        Assert.Equal(At(60 + 900), after.NextAttemptAt);
        Assert.Equal(SessionState.Pending, after.Tick(At(960), Middle).State);
    }

    [Fact]
    public void A_402_whose_end_is_past_already_does_not_become_a_loop()
    {
        var session = Ready();
        var waits = new List<double>();
        for (var i = 0; i < 8; i++)
        {
            var now = At(60 + (i * 100));
            session = session.Closed(402, now, until: At(0));
            waits.Add((session.DueAt!.Value - now).TotalSeconds);
            session = session.Tick(session.DueAt.Value, Middle).Connecting(session.DueAt.Value);
        }

        Assert.Equal([0.5, 1, 2, 4, 8, 16, 30, 30], waits);
    }

    [Fact]
    public void A_403_stays_down_even_after_an_end_that_the_network_named()
    {
        var after = Ready().Closed(403, At(60), until: At(7200));

        Assert.True(after.NeedsPerson());
        Assert.Equal(At(7200), after.Until);
        Assert.Equal(after, after.Tick(At(100_000), Middle));
    }

    [Fact]
    public void A_second_440_is_answered_only_on_command()
    {
        var first = Ready().Closed(440, At(60));
        var second = first.Tick(At(90), Middle).Connecting(At(90)).Opened(At(91)).Closed(440, At(95));

        Shows(second, NumberStatus.Disconnected, null, "replaced", Credentials.Kept);
        Assert.True(second.NeedsPerson());
        Assert.Null(second.NextAttemptAt);
        Assert.Equal(SessionState.Pending, second.Reconnect(At(500)).State);
        Assert.Equal(SessionState.Waiting, second.Reconnect(At(500)).Connecting(At(500)).Closed(440, At(501)).State);
    }

    [Fact]
    public void Two_who_take_turns_at_one_device_stop_even_when_each_holds_it_for_a_while()
    {
        var session = Ready().Closed(440, At(60)).Tick(At(90), Middle).Connecting(At(90)).Opened(At(91));
        var stable = session.Tick(At(121), Middle);

        Assert.Equal(0, stable.Attempt);
        Assert.Equal(SessionState.Held, stable.Closed(440, At(125)).State);
    }

    [Fact]
    public void A_440_long_after_the_last_one_gets_its_own_try()
    {
        var session = Ready().Closed(440, At(60)).Tick(At(90), Middle).Connecting(At(90)).Opened(At(91));
        var settled = session.Tick(At(121), Middle).Tick(At(721), Middle);

        Assert.Null(settled.DueAt);
        Assert.Equal(SessionState.Waiting, settled.Closed(440, At(800)).State);
    }

    [Fact]
    public void A_408_before_anything_was_linked_ends_the_attempt_as_expired()
    {
        var after = Linking().Closed(408, At(160));

        Shows(after, NumberStatus.LoggedOut, null, "link_expired", Credentials.Wiped);
        Assert.True(after.NeedsPerson());
        Assert.Null(after.Link);
    }

    [Fact]
    public void A_code_that_the_network_refuses_ends_the_attempt()
    {
        var byCode = new LinkAttempt("919800000001", false, Now);
        var after = new NumberSession().StartLink(byCode, Now).Connecting(Now).On(new EngineEvent.Closed(428, Cause: "code_refused"), At(2), Middle);

        Shows(after, NumberStatus.LoggedOut, null, "code_refused", Credentials.Wiped);
        Assert.EndsWith(".", after.Reason!.Message, StringComparison.Ordinal);
        Assert.True(after.NeedsPerson());
        Assert.Null(after.Link);
        Assert.Null(after.NextAttemptAt);
    }

    [Fact]
    public void A_408_before_there_was_any_code_is_a_connection_that_could_not_be_had_and_is_tried_again()
    {
        var after = new NumberSession().StartLink(Qr, Now).Connecting(Now).Closed(408, At(20));

        Shows(after, NumberStatus.LoggedOut, NumberDetail.Linking, "timed_out", Credentials.Wiped);
        Assert.Equal(At(20.5), after.NextAttemptAt);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(515)]
    public void Before_anything_was_linked_the_attempt_starts_over_at_once_with_fresh_credentials(int code)
    {
        var after = Linking().Closed(code, At(20));

        Shows(after, NumberStatus.LoggedOut, NumberDetail.Linking, null, Credentials.Wiped);
        Assert.Equal(SessionState.Pending, after.State);
        Assert.Equal(Qr, after.Link);
    }

    [Fact]
    public void Starting_over_again_and_again_is_slowed_down()
    {
        var again = Linking().Closed(401, At(1)).Connecting(At(1)).Closed(401, At(2));

        Shows(again, NumberStatus.LoggedOut, NumberDetail.Linking, "unlinked", Credentials.Wiped);
        Assert.Equal(At(2 + 1), again.NextAttemptAt);
    }

    [Theory]
    [InlineData(400, "handshake_refused")]
    [InlineData(402, "temporarily_restricted")]
    [InlineData(403, "locked")]
    [InlineData(405, "client_outdated")]
    [InlineData(406, "banned")]
    [InlineData(411, "linked_devices_off")]
    [InlineData(428, "connection_lost")]
    [InlineData(440, "replaced")]
    [InlineData(500, "server_error")]
    [InlineData(503, "server_unavailable")]
    [InlineData(418, "unknown_error")]
    public void Any_other_close_before_anything_was_linked_tries_afresh_until_the_attempt_is_over(int code, string reason)
    {
        var after = Linking().Closed(code, At(20));

        Shows(after, NumberStatus.LoggedOut, NumberDetail.Linking, reason, Credentials.Wiped);
        Assert.Equal(At(20.5), after.NextAttemptAt);
        Assert.Equal(SessionState.Pending, after.Tick(At(20.5), Middle).State);

        var late = Linking().Closed(code, At(190));
        Shows(late, NumberStatus.LoggedOut, null, "link_expired", Credentials.Wiped);
        Assert.True(late.NeedsPerson());
    }

    [Fact]
    public void A_deaf_connection_is_opened_again_and_counted()
    {
        var after = Ready().On(new EngineEvent.PingLost(), At(60), Middle);

        Shows(after, NumberStatus.Disconnected, null, "deaf", Credentials.Kept);
        Assert.Equal(At(60.5), after.NextAttemptAt);
        Assert.Equal(1, after.Attempt);
        Assert.Equal(after, Ready().Deaf(At(60), Middle));
    }

    [Fact]
    public void Every_cause_has_a_code_of_its_own_and_a_sentence()
    {
        int[] codes = [400, 401, 402, 403, 405, 406, 408, 411, 428, 440, 500, 503, 515, 999];
        var causes = codes.Select(code => DisconnectCause.Of(code).Reason).Append(DisconnectCause.Deaf).ToList();

        Assert.Equal(causes.Count, causes.Select(cause => cause.Code).Distinct().Count());
        Assert.All(causes, cause => Assert.EndsWith(".", cause.Message, StringComparison.Ordinal));
        Assert.Contains("999", DisconnectCause.Of(999).Reason.Message, StringComparison.Ordinal);
    }

    private static void Shows(NumberSession session, NumberStatus status, NumberDetail? detail, string? reason, Credentials credentials)
    {
        Assert.Equal((status, detail, reason), (session.Status, session.Detail, session.Reason?.Code));
        Assert.Equal(credentials is Credentials.Wiped, session.WipeDue);
        Assert.Equal(status is not NumberStatus.LoggedOut || credentials is Credentials.Kept, session.Paired);
    }
}
