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

    private static MessageDocument Sent(MessageStatus status) => new()
    {
        Id = "m_1", Number = "n1", Chat = "c_1", WhatsAppId = "3EB0", FromMe = true, Author = new MessageAuthor(AuthorType.Api),
        Type = MessageType.Text, Text = "Hi", Status = status, Timestamp = Noon, UpdatedAt = Noon,
    };
}
