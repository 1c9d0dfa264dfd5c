using Loopwave.Engines;
using Loopwave.Testing;
using Xunit;

namespace Loopwave.Messages;

/// <summary>Reactions, edits and revokes by others.</summary>
public sealed class ReceivingChangesTests(SharedCluster shared) : OneNumber(shared), IClassFixture<SharedCluster>
{
    [Fact]
    public async Task A_reaction_shows_on_its_message_is_replaced_and_taken_back()
    {
        var message = From(Customer, "hello");
        await Receive(message);

        await Raise(React(message, "👍", 1));
        Assert.Equal([new Reaction("👍", false, Customer, At(1))], (await OnlyMessage()).Reactions);
        await Raise(React(message, "🎉", 2));
        Assert.Equal("🎉", Assert.Single((await OnlyMessage()).Reactions).Emoji);
        await Raise(React(message, "", 3));
        Assert.Empty((await OnlyMessage()).Reactions);
        Assert.Equal(3, await Updates());
    }

    [Fact]
    public async Task A_reaction_that_comes_again_or_late_changes_nothing_and_is_not_announced()
    {
        var message = From(Customer, "hello");
        await Receive(message);
        await Raise(React(message, "👍", 1), React(message, "🎉", 2));

        await Raise(React(message, "🎉", 2));
        await Raise(React(message, "👍", 1));
        await Raise(React(message, "", 0));

        Assert.Equal("🎉", Assert.Single((await OnlyMessage()).Reactions).Emoji);
        Assert.Equal(2, await Updates());
    }

    [Fact]
    public async Task Each_person_of_a_group_has_one_reaction_whatever_their_address()
    {
        var group = $"{Any.Phone()}@g.us";
        var (amina, lid, bola) = (Any.Jid(), Any.Lid(), Any.Jid());
        await Raise(new EngineEvent.AliasLearned(amina, lid));
        var message = From(group, "hello") with { Participant = bola };
        await Receive(message);
        EngineEvent.ReactionReceived By(string who, string emoji, int at) => React(message, emoji, at) with { Jid = group, Participant = who };

        await Raise(By(amina, "👍", 1), By(bola, "👍", 1));
        await Raise(By(lid, "🎉", 2));

        var reactions = Assert.Single(await Cluster.MessagesOf(group)).Reactions;
        Assert.Equal([(bola, "👍"), (lid, "🎉")], reactions.Select(one => (one.Jid!, one.Emoji)));
    }

    [Fact]
    public async Task An_edit_changes_the_text_and_the_chats_last_message()
    {
        var message = From(Customer, "teh");
        await Receive(message);

        await Raise(new EngineEvent.MessageEdited(Customer, Target(message), "the", At(5), Them));

        var edited = await OnlyMessage();
        Assert.Equal(("the", At(5)), (edited.Text, edited.EditedAt));
        Assert.Equal("the", (await Chat()).LastMessage!.Text);
        Assert.Equal(1, (await Chat()).UnreadCount);
    }

    [Fact]
    public async Task The_last_edit_counts_and_one_that_comes_again_is_not_announced()
    {
        var message = From(Customer, "one");
        await Receive(message);
        var (second, third) = (new EngineEvent.MessageEdited(Customer, Target(message), "two", At(2), Them), new EngineEvent.MessageEdited(Customer, Target(message), "three", At(3), Them));
        await Raise(second, third);

        await Raise(second);
        await Raise(third);

        Assert.Equal("three", (await OnlyMessage()).Text);
        Assert.Equal(2, await Updates());
    }

    [Fact]
    public async Task A_revoked_message_loses_its_content_everywhere()
    {
        var message = From(Customer, "secret") with { Type = MessageType.Image, File = new RemoteFile([1], "image/png", null, null, null) };
        await Receive(message);
        await Raise(React(message, "👍", 1));

        await Raise(new EngineEvent.MessageRevoked(Customer, Target(message), At(9), Them));
        await Raise(new EngineEvent.MessageRevoked(Customer, Target(message), At(10), Them));
        await Raise(new EngineEvent.MessageEdited(Customer, Target(message), "back", At(11), Them), React(message, "🎉", 12));

        var revoked = await OnlyMessage();
        Assert.Equal((null, null, At(9)), (revoked.Text, revoked.Media, revoked.DeletedAt));
        Assert.Empty(revoked.Reactions);
        Assert.Null((await Chat()).LastMessage!.Text);
        Assert.Equal(2, await Updates());
    }

    [Fact]
    public async Task What_changes_a_message_may_stand_in_one_batch_with_it()
    {
        var (edited, revoked) = (From(Customer, "draft"), From(Customer, "gone"));

        await Raise(
            new EngineEvent.MessageReceived(edited), React(edited, "👍", 1), new EngineEvent.MessageEdited(Customer, Target(edited), "final", At(2), Them),
            new EngineEvent.MessageReceived(revoked), new EngineEvent.MessageRevoked(Customer, Target(revoked), At(3), Them));

        var messages = (await Cluster.MessagesOf(Customer)).Reverse().ToList();
        Assert.Equal(["final", null], messages.Select(message => message.Text));
        Assert.Equal("👍", messages[0].Reactions.Single().Emoji);
        Assert.Equal(2, (await Chat()).UnreadCount);
    }

    [Fact]
    public async Task A_change_of_a_message_that_nobody_knows_is_let_go()
    {
        var (known, unknown) = (From(Customer, "known"), From(Customer, "unknown"));
        await Receive(known);

        await Raise(
            React(unknown, "👍", 1), new EngineEvent.MessageEdited(Customer, Target(unknown), "x", At(2), Them), new EngineEvent.MessageRevoked(Customer, Target(unknown), At(3), Them),
            new EngineEvent.MessageEdited(Any.Jid(), Target(known), "in another chat", At(2), Them),
            new EngineEvent.MessageReceived(From(Customer, "next")));

        Assert.Equal(["next", "known"], (await Cluster.MessagesOf(Customer)).Select(message => message.Text));
        Assert.Equal(0, await Updates());
    }

    [Fact]
    public async Task In_a_group_a_change_finds_its_message_by_who_wrote_it()
    {
        var group = $"{Any.Phone()}@g.us";
        var (amina, bola) = (Any.Jid(), Any.Jid());
        var id = From(group, "").WhatsAppId;
        await Receive(From(group, "by amina", id) with { Participant = amina }, From(group, "by bola", id) with { Participant = bola });

        await Raise(new EngineEvent.MessageRevoked(group, new TargetMessage(id, false, bola), At(1), new(false, bola)));
        await Receive(From(group, "answer") with { Participant = amina, ReplyTo = new TargetMessage(id, false, amina) });

        var messages = (await Cluster.MessagesOf(group)).Reverse().ToList();
        Assert.Equal(["by amina", null, "answer"], messages.Select(message => message.Text));
        Assert.Equal(messages[0].Id, messages[2].ReplyTo);
    }

    [Fact]
    public async Task Our_phone_can_react_to_edit_and_revoke_our_own_message()
    {
        var (id, relay) = await Send("sent by us");
        await Raise(new EngineEvent.ServerAcknowledged(relay.WhatsAppId, Now));
        var target = new TargetMessage(relay.WhatsAppId, true, null);

        await Raise(
            new EngineEvent.ReactionReceived(Customer, target, "❤️", true, null, At(60)), new EngineEvent.MessageEdited(Customer, target, "edited by us", At(61), Us));
        var message = (await Stored(id)).Message;
        Assert.Equal(("edited by us", new Reaction("❤️", true, null, At(60))), (message.Text, Assert.Single(message.Reactions)));

        await Raise(new EngineEvent.MessageRevoked(Customer, target, At(62), Us));
        Assert.Equal((null, MessageStatus.Sent), ((await Stored(id)).Message.Text, (await Stored(id)).Message.Status));
    }

    private readonly DateTimeOffset _zero = new(2026, 6, 29, 11, 0, 0, TimeSpan.Zero);

    private DateTimeOffset At(int seconds) => _zero.AddSeconds(seconds);

    private EngineEvent.ReactionReceived React(InboundMessage message, string emoji, int at) =>
        new(message.Jid, Target(message), emoji, false, null, At(at));

    private static TargetMessage Target(InboundMessage message) => new(message.WhatsAppId, false, message.Participant);

    private async Task<int> Updates() => (await Events()).Count(row => row.Event == "message.updated");
}
