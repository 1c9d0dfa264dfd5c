using Xunit;

namespace Loopwave.Messages;

/// <summary>What may happen to a message once it exists.</summary>
public sealed class MessageRulesTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(MessageStatus.Sent)]
    [InlineData(MessageStatus.Delivered)]
    [InlineData(MessageStatus.Read)]
    public void A_message_whose_edit_was_given_up_as_uncertain_keeps_its_status(MessageStatus late)
    {
        var read = Sent(MessageStatus.Read) with { Error = MessageRules.Uncertain };

        Assert.Same(read, read.Advance(late, Noon, Noon));
        Assert.False(read.IsUncertain());
    }

    [Fact]
    public void A_message_given_up_as_uncertain_moves_on_when_it_turns_out_to_have_arrived()
    {
        var failed = Sent(MessageStatus.Queued).Fail(MessageRules.Uncertain, Noon);

        var delivered = failed.Advance(MessageStatus.Delivered, Noon, Noon);

        Assert.Equal((MessageStatus.Delivered, null), (delivered.Status, delivered.Error));
    }

    [Theory]
    [InlineData(-0.6, 0)]
    [InlineData(0.4, 0.4)]
    [InlineData(-30, -30)]
    public void A_network_that_tells_whole_seconds_does_not_let_a_message_seem_sent_before_it_was_accepted(double told, double shown)
    {
        var queued = Sent(MessageStatus.Queued) with { Timeline = [new StatusChange(MessageStatus.Queued, Noon)] };

        var sent = queued.Advance(MessageStatus.Sent, Noon.AddSeconds(told), Noon);

        Assert.Equal(Noon.AddSeconds(shown), sent.Timeline[^1].At);
    }

    private static MessageDocument Sent(MessageStatus status) => new()
    {
        Id = "m_1", Number = "n1", Chat = "c_1", WhatsAppId = "3EB0", FromMe = true, Author = new MessageAuthor(AuthorType.Api),
        Type = MessageType.Text, Text = "Hi", Status = status, Timestamp = Noon, UpdatedAt = Noon,
    };
}
