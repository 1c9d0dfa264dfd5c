using Loopwave.Engines;
using Loopwave.Testing;
using Xunit;

namespace Loopwave.Messages;

/// <summary>What an engine is told of a message that is answered: what the reply shows of it.</summary>
public sealed class ReplyTests(SharedCluster shared) : OneNumber(shared), IClassFixture<SharedCluster>
{
    [Theory]
    [InlineData(MessageType.Text, "which?", null)]
    [InlineData(MessageType.Image, null, null)]
    [InlineData(MessageType.Voice, null, null)]
    [InlineData(MessageType.Document, "the menu", "menu.pdf")]
    [InlineData(MessageType.Sticker, null, null)]
    public async Task A_reply_tells_the_engine_what_it_answers(MessageType type, string? text, string? fileName)
    {
        var answered = From(Customer, "") with
        {
            Type = type, Text = text, File = type is MessageType.Text ? null : new RemoteFile([1], "application/octet-stream", fileName, null, null),
        };

        Assert.Equal(new TargetMessage(answered.WhatsAppId, false, Customer, text, type, fileName), await Quoted(answered));
    }

    [Fact]
    public async Task A_place_a_poll_and_a_contact_are_quoted_with_their_words()
    {
        var blank = From(Customer, "") with { Text = null };

        Assert.Equal("Office", (await Quoted(blank with { WhatsAppId = "P1", Type = MessageType.Location, Location = new Location(48.1, 11.5, "Office") })).Text);
        Assert.Equal("Tea?", (await Quoted(blank with { WhatsAppId = "P2", Type = MessageType.Poll, Poll = new Poll("Tea?", ["Yes"]) })).Text);
        Assert.Equal("Bola", (await Quoted(blank with { WhatsAppId = "P3", Type = MessageType.Contact, Contacts = [new ContactCard("Bola", ["919"])] })).Text);
    }

    private async Task<TargetMessage> Quoted(InboundMessage message)
    {
        await Receive(message);
        var answered = Assert.Single(await Cluster.MessagesOf((await Chat()).Id), one => !one.FromMe && one.Type == message.Type);
        var answer = await Cluster.Messages.Send(Any.Send("this one", Customer, Number) with { ReplyTo = answered.Id });
        Assert.Null(answer.Refusal);
        Cluster.Clock.Advance(TimeSpan.FromSeconds(2));
        var relay = await Cluster.Engine.NextRelay(Number);
        await Raise(new EngineEvent.ServerAcknowledged(relay.WhatsAppId, Now));
        return relay.Message.Target!;
    }
}
