using Loopwave.Engines;
using Loopwave.Numbers;
using Loopwave.Testing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Loopwave.Chats;

/// <summary>What is unread, and what makes it read.</summary>
public sealed class ReadingTests(SharedCluster shared) : OneNumber(shared), IClassFixture<SharedCluster>
{
    [Fact]
    public async Task Marking_a_chat_read_clears_its_count_says_so_and_tells_the_sender()
    {
        var (one, two) = (From(Customer, "one"), From(Customer, "two"));
        await Receive(From(Customer, "read long ago"));
        await Cluster.Chats.MarkRead((await Chat()).Id, Access.All);
        await Cluster.Engine.NextRead(Number);
        await Receive(one with { Timestamp = Now.AddSeconds(1) }, two with { Timestamp = Now.AddSeconds(2) });
        var sequence = await LastSequence();

        var read = (await Cluster.Chats.MarkRead((await Chat()).Id, Access.All)).Value!;

        Assert.Equal(0, read.UnreadCount);
        Assert.Equal(0, (await Chat()).UnreadCount);
        Assert.Equal([two.WhatsAppId, one.WhatsAppId], (await Cluster.Engine.NextRead(Number)).Select(mark => mark.WhatsAppId));
        var said = Assert.Single(await Events(sequence));
        Assert.Equal(("chats.updated", 0, "activity"), (said.Event, (int)said.Data["unreadCount"]!, (string)said.Data["changed"]![0]!));
    }

    [Fact]
    public async Task Marking_what_is_read_already_says_nothing()
    {
        await Receive(From(Customer, "one"));
        await Cluster.Chats.MarkRead((await Chat()).Id, Access.All);
        var sequence = await LastSequence();

        Assert.Equal(0, (await Cluster.Chats.MarkRead((await Chat()).Id, Access.All)).Value!.UnreadCount);

        Assert.Empty(await Events(sequence));
    }

    [Fact]
    public async Task In_a_group_each_mark_names_who_wrote()
    {
        var group = $"{Any.Phone()}@g.us";
        var message = From(group, "hello") with { Participant = Customer };
        await Receive(message);

        await Cluster.Chats.MarkRead((await Chat(group)).Id, Access.All);

        Assert.Equal([new ReadMark(message.WhatsAppId, Customer)], await Cluster.Engine.NextRead(Number));
    }

    [Fact]
    public async Task A_number_that_is_offline_marks_read_without_telling_anybody()
    {
        await Receive(From(Customer, "one"));
        await Raise(new EngineEvent.Closed(403));

        Assert.Equal(0, (await Cluster.Chats.MarkRead((await Chat()).Id, Access.All)).Value!.UnreadCount);
    }

    [Fact]
    public async Task Nobody_is_told_where_the_setting_says_so()
    {
        await using var cluster = await LoopwaveCluster.Start(services => services.Configure<NumberOptions>(options => options.SendReadReceipts = false));
        var number = await cluster.ReadyNumber();
        await cluster.Engine.Raise(number, new EngineEvent.MessageReceived(Any.Inbound("one", cluster.Clock.GetUtcNow())));
        var chat = Assert.Single(await cluster.ChatsOf(number));

        Assert.Equal(0, (await cluster.Chats.MarkRead(chat.Id, Access.All)).Value!.UnreadCount);

        // Had a mark been on its way, it would have left before the message that is sent now.
        await cluster.Messages.Send(Any.Send("answer", chat.Id));
        await cluster.Engine.NextRelay(number);
        Assert.False(cluster.Engine.HasRead(number));
    }

    [Fact]
    public async Task An_unknown_chat_is_refused()
    {
        Assert.Equal(RefusalCode.NotFound, (await Cluster.Chats.MarkRead("c_0000000000", Access.All)).Refusal!.Code);
        Assert.Equal(RefusalCode.NotFound, (await Cluster.Number(Number).MarkRead("c_0000000000")).Refusal!.Code);
    }

    [Fact]
    public async Task A_chat_read_on_the_phone_is_read_here_too()
    {
        await Receive(From(Customer, "one"), From(Customer, "two"));
        var sequence = await LastSequence();

        await Raise(new EngineEvent.ChatRead(Customer, Now.AddSeconds(1)));

        Assert.Equal(0, (await Chat()).UnreadCount);
        Assert.Equal("chats.updated", Assert.Single(await Events(sequence)).Event);
    }

    [Fact]
    public async Task A_read_that_comes_again_leaves_what_arrived_after_it_unread()
    {
        var (one, two) = (From(Customer, "one"), From(Customer, "two") with { Timestamp = Now.AddSeconds(2) });
        var read = new EngineEvent.ChatRead(Customer, Now.AddSeconds(1));
        var story = new EngineEvent[] { new EngineEvent.MessageReceived(one), read, new EngineEvent.MessageReceived(two) };
        await Raise(story);

        await Raise(story);
        await Raise(read);

        Assert.Equal(1, (await Chat()).UnreadCount);
    }

    [Fact]
    public async Task Reads_within_one_second_of_new_messages_count()
    {
        await Receive(From(Customer, "one"));
        await Raise(new EngineEvent.ChatRead(Customer, Now));
        await Receive(From(Customer, "two"));
        Assert.Equal(1, (await Chat()).UnreadCount);

        await Raise(new EngineEvent.ChatRead(Customer, Now));

        Assert.Equal(0, (await Chat()).UnreadCount);
    }

    [Fact]
    public async Task Reading_a_chat_that_nobody_knows_is_let_go() =>
        await Raise(new EngineEvent.ChatRead(Any.Jid(), Now), new EngineEvent.ChatRead(Any.Lid(), Now));
}
