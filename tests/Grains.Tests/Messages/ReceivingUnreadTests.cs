using Loopwave.Engines;
using Loopwave.Testing;
using Xunit;

namespace Loopwave.Messages;

/// <summary>Messages that could not be read when they came, and can be when they come again.</summary>
public sealed class ReceivingUnreadTests(SharedCluster shared) : OneNumber(shared), IClassFixture<SharedCluster>
{
    [Fact]
    public async Task What_can_be_read_at_last_takes_the_place_of_what_could_not()
    {
        var read = From(Customer, "hello") with { Mentions = ["1@s.whatsapp.net"] };
        await Receive(Unread(read));
        var before = await OnlyMessage();
        Assert.Equal((MessageType.Unsupported, null), (before.Type, before.Text));

        await Receive(read);

        var message = await OnlyMessage();
        Assert.Equal((before.Id, before.Timestamp, before.Status), (message.Id, message.Timestamp, message.Status));
        Assert.Equal((MessageType.Text, "hello"), (message.Type, message.Text));
        Assert.Equal(read.Mentions, message.Mentions);
        var chat = await Chat();
        Assert.Equal((1, MessageType.Text, "hello"), (chat.UnreadCount, chat.LastMessage!.Type, chat.LastMessage.Text));
        Assert.Equal(["message.created", "message.updated"], await Announced());
    }

    [Fact]
    public async Task Both_may_stand_in_one_batch_and_bring_a_file()
    {
        var read = From(Customer, "see this") with { Type = MessageType.Image, File = new RemoteFile([1, 2], "image/jpeg", "a.jpg", 1234, null) };

        await Receive(Unread(read), read);

        var message = await OnlyMessage();
        Assert.Equal((MessageType.Image, "see this", MediaState.None), (message.Type, message.Text, message.Media!.State));
        Assert.Equal(["media"], (await Events()).Single(row => row.Event == "message.updated").Data["changed"]!.AsArray().Select(changed => (string?)changed));
    }

    [Fact]
    public async Task What_was_read_stays_when_it_comes_again_unreadable()
    {
        var read = From(Customer, "hello");
        await Receive(read);

        await Receive(Unread(read));

        Assert.Equal((MessageType.Text, "hello"), ((await OnlyMessage()).Type, (await OnlyMessage()).Text));
        Assert.Equal(["message.created"], await Announced());
    }

    [Fact]
    public async Task A_message_that_was_taken_back_meanwhile_stays_taken_back()
    {
        var read = From(Customer, "hello");
        await Receive(Unread(read));
        await Raise(new EngineEvent.MessageRevoked(Customer, new TargetMessage(read.WhatsAppId, false, null), Now, Them));

        await Receive(read);

        var message = await OnlyMessage();
        Assert.NotNull(message.DeletedAt);
        Assert.Null(message.Text);
    }

    [Fact]
    public async Task An_edit_that_came_meanwhile_is_not_undone()
    {
        var read = From(Customer, "helo");
        await Receive(Unread(read));
        await Raise(new EngineEvent.MessageEdited(Customer, new TargetMessage(read.WhatsAppId, false, null), "hello", Now, Them));

        await Receive(read);

        Assert.Equal((MessageType.Text, "hello"), ((await OnlyMessage()).Type, (await OnlyMessage()).Text));
    }

    [Fact]
    public async Task History_fills_in_what_came_unreadable_and_a_live_one_what_history_had_not()
    {
        var (live, older) = (From(Customer, "live"), From(Customer, "older"));
        await Receive(Unread(live));
        await Raise(new EngineEvent.HistoryReceived([live, Unread(older)], null, 50, false));
        await Receive(older);

        Assert.Equal(["live", "older"], (await Cluster.MessagesOf(Customer)).Select(message => message.Text).Order());
        Assert.Equal(["message.created", "message.updated", "message.created"], await Announced());
        Assert.Equal(2, (await Chat()).UnreadCount);
    }

    private static InboundMessage Unread(InboundMessage message) =>
        message with { Type = MessageType.Unsupported, Text = null, File = null, Mentions = [] };

    private async Task<IEnumerable<string>> Announced() =>
        (await Events()).Where(row => row.Event.StartsWith("message.", StringComparison.Ordinal)).Select(row => row.Event);
}
