using Loopwave.Engines;
using Xunit;

namespace Loopwave.Messages;

/// <summary>What a stored row of the send queue means after a restart, or after a write that failed.</summary>
public sealed class QueueItemReloadTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 29, 10, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Tomorrow = Now.AddDays(1);

    [Fact]
    public void What_was_to_go_at_once_is_due_even_where_the_clock_was_set_back() =>
        Assert.Equal(Now, (Row with { DueAt = Tomorrow }).TakenUp(sendAt: null, Now).DueAt);

    [Fact]
    public void What_was_due_before_keeps_its_time() =>
        Assert.Equal(Now.AddHours(-1), (Row with { DueAt = Now.AddHours(-1) }).TakenUp(sendAt: null, Now).DueAt);

    [Fact]
    public void A_time_that_a_person_set_is_waited_for() =>
        Assert.Equal(Tomorrow, (Row with { DueAt = Tomorrow }).TakenUp(sendAt: Tomorrow, Now).DueAt);

    [Theory]
    [InlineData(1, 5)]
    [InlineData(2, 25)]
    public void What_could_not_be_prepared_rests_no_longer_than_it_would_have(int failures, int seconds)
    {
        var failed = Row with { Failures = failures, DueAt = Tomorrow };

        Assert.Equal(Now.AddSeconds(seconds), failed.TakenUp(sendAt: null, Now).DueAt);
        Assert.Equal(Now.AddSeconds(3), (failed with { DueAt = Now.AddSeconds(3) }).TakenUp(sendAt: null, Now).DueAt);
    }

    [Fact]
    public void What_was_claimed_was_never_on_the_wire_and_starts_over()
    {
        Assert.Equal(QueueState.Queued, (Row with { State = QueueState.Claimed }).TakenUp(null, Now).State);
        Assert.Equal(QueueState.Handed, (Row with { State = QueueState.Handed }).TakenUp(null, Now).State);
    }

    [Fact]
    public void Only_a_message_that_would_wait_is_asked_whether_somebody_wanted_that()
    {
        var later = Row with { DueAt = Tomorrow };

        Assert.True(later.MayBeScheduled(Now));
        Assert.False(Row.MayBeScheduled(Now));
        Assert.False((later with { Kind = OutboundKind.Reaction }).MayBeScheduled(Now));
        Assert.False((later with { Failures = 1 }).MayBeScheduled(Now));
        Assert.False((later with { State = QueueState.Handed }).MayBeScheduled(Now));
    }

    private static QueueItem Row => new()
    {
        Number = "n1", Sequence = 1, Chat = "c_a", Message = "m_1", Kind = OutboundKind.Message, WhatsAppId = "3EB0",
        Jid = "919812345678@s.whatsapp.net", DueAt = Now, ExpiresAt = Now.AddDays(1),
    };
}
