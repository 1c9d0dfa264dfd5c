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
    public async Task What_a_member_of_a_group_wrote_is_edited_by_nobody_else()
    {
        var (group, amina, bola) = await GroupOfTwo();
        var (theirs, ours) = (From(group, "by amina") with { Participant = amina }, From(group, "by us") with { FromMe = true });
        await Receive(theirs, ours);

        foreach (var by in new MessageSender[] { new(false, bola), new(false, bola, IsAdmin: true), new(false, Any.Jid()), new(false) })
        {
            await Raise(
                new EngineEvent.MessageEdited(group, new TargetMessage(theirs.WhatsAppId, false, by.Participant), "forged", At(1), by),
                new EngineEvent.MessageEdited(group, new TargetMessage(ours.WhatsAppId, false, by.Participant), "forged", At(1), by),
                new EngineEvent.MessageEdited(group, new TargetMessage(ours.WhatsAppId, true, by.Participant), "forged", At(1), by));
        }

        await Raise(
            new EngineEvent.MessageEdited(group, new TargetMessage(theirs.WhatsAppId, false, amina), "forged", At(1), Us),
            new EngineEvent.MessageEdited(group, new TargetMessage(theirs.WhatsAppId, false, amina), "of an older release", At(1), null));

        Assert.Equal(["by amina", "by us"], (await Cluster.MessagesOf(group)).Select(message => message.Text).Order());
        Assert.Equal(0, await Updates());
    }

    [Fact]
    public async Task What_others_wrote_in_a_group_is_taken_back_by_an_administrator_and_nobody_else()
    {
        var (group, amina, bola) = await GroupOfTwo();
        var (theirs, ours) = (From(group, "by amina") with { Participant = amina }, From(group, "by us") with { FromMe = true });
        await Receive(theirs, ours);
        Task Revoke(MessageSender by) => Raise(
            new EngineEvent.MessageRevoked(group, new TargetMessage(theirs.WhatsAppId, false, amina), At(1), by),
            new EngineEvent.MessageRevoked(group, new TargetMessage(theirs.WhatsAppId, false, by.Participant), At(1), by),
            new EngineEvent.MessageRevoked(group, new TargetMessage(ours.WhatsAppId, true, Any.Jid()), At(1), by));

        await Revoke(new(false, bola));
        await Revoke(new(false, bola, IsAdmin: false));
        await Revoke(new(false, Any.Jid()));
        Assert.Equal(["by amina", "by us"], (await Cluster.MessagesOf(group)).Select(message => message.Text).Order());
        Assert.Equal(0, await Updates());

        await Revoke(new(false, Any.Lid(), IsAdmin: true));
        Assert.All(await Cluster.MessagesOf(group), message => Assert.Equal((null, At(1)), (message.Text, message.DeletedAt)));
        Assert.Equal(2, await Updates());
    }

    [Fact]
    public async Task Our_phone_takes_back_what_others_wrote_where_it_is_an_administrator()
    {
        var (group, amina, _) = await GroupOfTwo();
        var theirs = From(group, "by amina") with { Participant = amina };
        await Receive(theirs);
        var target = new TargetMessage(theirs.WhatsAppId, false, amina);

        await Raise(new EngineEvent.MessageRevoked(group, target, At(1), new(true, Any.Jid(), IsAdmin: false)));
        Assert.Equal(0, await Updates());
        await Raise(new EngineEvent.MessageRevoked(group, target, At(2), new(true, Any.Jid(), IsAdmin: true)));
        Assert.Equal(1, await Updates());
    }

    [Fact]
    public async Task What_we_wrote_to_one_person_is_not_theirs_to_edit_or_revoke_nor_theirs_ours()
    {
        var (id, relay) = await Send("the price is ten");
        var theirs = From(Customer, "I take it");
        await Raise(new EngineEvent.ServerAcknowledged(relay.WhatsAppId, Now), new EngineEvent.MessageReceived(theirs));

        foreach (var by in new[] { Them, Them with { IsAdmin = true }, Them with { Participant = Any.Jid() } })
        {
            await Raise(
                new EngineEvent.MessageEdited(Customer, new TargetMessage(relay.WhatsAppId, true, null), "the price is one", At(1), by),
                new EngineEvent.MessageRevoked(Customer, new TargetMessage(relay.WhatsAppId, true, null), At(1), by));
        }

        await Raise(
            new EngineEvent.MessageEdited(Customer, Target(theirs), "I take two", At(1), Us), new EngineEvent.MessageRevoked(Customer, Target(theirs), At(1), Us));

        Assert.Equal("the price is ten", (await Stored(id)).Message.Text);
        Assert.Equal("I take it", (await Cluster.MessagesOf(Customer)).Single(message => !message.FromMe).Text);
        Assert.Equal(0, await Updates());
    }

    [Fact]
    public async Task An_author_edits_and_revokes_under_their_other_address()
    {
        var (group, amina, _) = await GroupOfTwo();
        var (lid, customersLid) = (Any.Lid(), Any.Lid());
        var (inGroup, direct) = (From(group, "helo") with { Participant = amina }, From(Customer, "helo"));
        await Receive(inGroup, direct);

        await Raise(
            new EngineEvent.MessageEdited(group, new TargetMessage(inGroup.WhatsAppId, false, lid), "hello", At(1), new(false, lid, amina)),
            new EngineEvent.MessageEdited(customersLid, Target(direct), "hello", At(1), Them, Customer));
        Assert.Equal("hello", Assert.Single(await Cluster.MessagesOf(group)).Text);
        Assert.Equal("hello", (await OnlyMessage()).Text);

        await Raise(
            new EngineEvent.MessageRevoked(group, new TargetMessage(inGroup.WhatsAppId, false, lid), At(2), new(false, lid)),
            new EngineEvent.MessageRevoked(customersLid, Target(direct), At(2), Them));
        Assert.Equal(At(2), Assert.Single(await Cluster.MessagesOf(group)).DeletedAt);
        Assert.Equal(At(2), (await OnlyMessage()).DeletedAt);
    }

    [Fact]
    public async Task An_edit_finds_its_message_in_chats_that_turn_out_to_be_one()
    {
        var lid = Any.Lid();
        var (hidden, open) = (From(lid, "helo"), From(Customer, "open"));
        await Receive(hidden, open);

        await Raise(new EngineEvent.MessageEdited(Customer, Target(hidden), "hello", At(1), Them, lid));

        Assert.Equal(["hello", "open"], (await Cluster.MessagesOf(Customer)).Select(message => message.Text).Order());
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

    /// <summary>A group with two people whom the number knows.</summary>
    private async Task<(string Group, string Amina, string Bola)> GroupOfTwo()
    {
        var (amina, bola) = (Any.Jid(), Any.Jid());
        await Receive(From(amina, "hello"), From(bola, "hello"));
        return ($"{Any.Phone()}@g.us", amina, bola);
    }

    private EngineEvent.ReactionReceived React(InboundMessage message, string emoji, int at) =>
        new(message.Jid, Target(message), emoji, false, null, At(at));

    private static TargetMessage Target(InboundMessage message) => new(message.WhatsAppId, false, message.Participant);

    private async Task<int> Updates() => (await Events()).Count(row => row.Event == "message.updated");
}
