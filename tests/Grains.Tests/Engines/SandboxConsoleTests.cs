using Loopwave.Engines;
using Loopwave.Messages;
using Loopwave.Sandbox;
using Xunit;

namespace Loopwave.Grains.Tests.Engines;

/// <summary>The reserved recipient that does what it is told.</summary>
public sealed class SandboxConsoleTests
{
    private const string Number = "n0000000001";

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(402)]
    [InlineData(403)]
    [InlineData(405)]
    [InlineData(406)]
    [InlineData(408)]
    [InlineData(411)]
    [InlineData(428)]
    [InlineData(440)]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(515)]
    [InlineData(777)]
    public async Task Close_ends_the_connection_with_any_code(int code)
    {
        Assert.Equal(new EngineEvent.Closed(code), Assert.Single(await Say($"close {code}")));
    }

    [Fact]
    public async Task Close_tells_when_a_restriction_ends()
    {
        var closed = Assert.IsType<EngineEvent.Closed>(Assert.Single(await Say("close 402 60")));

        Assert.Equal(new(402, new DateTimeOffset(2026, 6, 29, 10, 16, 0, TimeSpan.Zero)), closed);
    }

    [Theory]
    [InlineData("close")]
    [InlineData("close 9")]
    [InlineData("close 440 soon")]
    [InlineData("close 440 1 2")]
    [InlineData("burst 101")]
    [InlineData("dance")]
    [InlineData("")]
    public async Task What_it_does_not_know_is_answered_with_what_it_knows(string command)
    {
        Assert.StartsWith("Commands: ", Message(Assert.Single(await Say(command))).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("say Good morning", MessageType.Text)]
    [InlineData("SAY hello", MessageType.Text)]
    [InlineData("image A caption", MessageType.Image)]
    [InlineData("video", MessageType.Video)]
    [InlineData("audio", MessageType.Audio)]
    [InlineData("voice", MessageType.Voice)]
    [InlineData("document", MessageType.Document)]
    [InlineData("sticker", MessageType.Sticker)]
    [InlineData("location", MessageType.Location)]
    [InlineData("poll", MessageType.Poll)]
    [InlineData("contact", MessageType.Contact)]
    [InlineData("unsupported", MessageType.Unsupported)]
    public async Task Every_kind_of_message_can_be_asked_for(string command, MessageType type)
    {
        var message = Message(Assert.Single(await Say(command)));

        Assert.Equal((type, false, "Sandbox"), (message.Type, message.FromMe, message.PushName));
        Assert.Equal(type is MessageType.Location, message.Location is not null);
        Assert.Equal(type is MessageType.Poll, message.Poll is not null);
        Assert.Equal(type is MessageType.Contact, message.Contacts.Count > 0);
        Assert.Equal(
            type is MessageType.Image or MessageType.Video or MessageType.Audio or MessageType.Voice or MessageType.Document or MessageType.Sticker,
            message.File is not null);
    }

    [Fact]
    public async Task Say_says_the_rest_of_the_line()
    {
        Assert.Equal("Good  morning\nto you", Message(Assert.Single(await Say("say Good  morning\nto you"))).Text);
    }

    [Fact]
    public async Task Reply_names_the_message_it_answers()
    {
        Assert.Equal(new("C1", true, null), Message(Assert.Single(await Say("reply Indeed"))).ReplyTo);
    }

    [Fact]
    public async Task React_reacts_to_the_command()
    {
        var reaction = Assert.IsType<EngineEvent.ReactionReceived>(Assert.Single(await Say("react 🎉")));

        Assert.Equal((new("C1", true, null), "🎉", false), (reaction.Target, reaction.Emoji, reaction.FromMe));
    }

    [Fact]
    public async Task Edit_and_delete_change_a_message_said_before()
    {
        var edited = await Say("edit After all");
        var edit = Assert.IsType<EngineEvent.MessageEdited>(edited[1]);
        Assert.Equal((Message(edited[0]).WhatsAppId, "After all"), (edit.Target.WhatsAppId, edit.Text));

        var deleted = await Say("delete");
        Assert.Equal(Message(deleted[0]).WhatsAppId, Assert.IsType<EngineEvent.MessageRevoked>(deleted[1]).Target.WhatsAppId);
    }

    [Fact]
    public async Task Typed_writes_on_our_own_phone_and_read_reads_there()
    {
        var typed = Message(Assert.Single(await Say("typed From the phone")));
        Assert.True(typed is { FromMe: true, Text: "From the phone", PushName: null });

        Assert.IsType<EngineEvent.ChatRead>(Assert.Single(await Say("read")));
    }

    [Fact]
    public async Task Name_changes_the_name()
    {
        Assert.Equal("Dana", Assert.IsType<EngineEvent.Named>(Assert.Single(await Say("name Dana"))).Name);
    }

    [Fact]
    public async Task Group_writes_in_a_group_with_a_name()
    {
        var events = await Say("group Hello all");

        var named = Assert.IsType<EngineEvent.Named>(events[0]);
        var message = Message(events[1]);
        Assert.EndsWith("@g.us", message.Jid, StringComparison.Ordinal);
        Assert.Equal((named.Jid, "Hello all"), (message.Jid, message.Text));
        Assert.NotNull(message.Participant);
    }

    [Fact]
    public async Task Alias_lets_somebody_new_write_under_a_hidden_address_first()
    {
        var events = await Say("alias Who am I?");

        var message = Message(events[0]);
        Assert.EndsWith("@lid", message.Jid, StringComparison.Ordinal);
        Assert.Null(message.OtherJid);
        var alias = Assert.IsType<EngineEvent.AliasLearned>(events[1]);
        Assert.Equal((message.Jid, SandboxPeople.PhoneOf(message.Jid) + "@s.whatsapp.net"), (alias.Lid, alias.PhoneJid));
    }

    [Fact]
    public async Task Duplicate_delivers_one_message_twice_and_burst_many_different_ones()
    {
        var twice = await Say("duplicate Again");
        Assert.Equal(2, twice.Count);
        Assert.Equal(Message(twice[0]).WhatsAppId, Message(twice[1]).WhatsAppId);

        var burst = await Say("burst 100");
        Assert.Equal(100, burst.Select(evt => Message(evt).WhatsAppId).Distinct().Count());
    }

    [Fact]
    public async Task Deaf_makes_the_connection_deaf()
    {
        await using var world = SandboxWorld.Start();
        await world.Connect(Number);

        await world.Send(Number, SandboxRecipients.Console, "C1", "deaf");
        await world.Inbox.Next(Number, 3);
        world.Clock.Advance(TimeSpan.FromSeconds(30));

        await world.Inbox.Next<EngineEvent.PingLost>(Number);
    }

    [Fact]
    public async Task In_a_group_it_made_it_answers_in_the_group()
    {
        const string group = SandboxRecipients.Console + "-1600000000@g.us";
        await using var world = SandboxWorld.Start();
        await world.Connect(Number);

        await world.Send(Number, group, "C1", "say Here");

        var message = Message((await world.Inbox.Next(Number, 8))[^1]);
        Assert.Equal((group, "12025550199@s.whatsapp.net", "Here"), (message.Jid, message.Participant, message.Text));
    }

    private static async Task<IReadOnlyList<EngineEvent>> Say(string command)
    {
        await using var world = SandboxWorld.Start();
        await world.Connect(Number);
        await world.Send(Number, SandboxRecipients.Console, "C1", command);
        await world.Inbox.Next<EngineEvent.ServerAcknowledged>(Number);
        await world.Inbox.Next(Number, 2);
        var events = new List<EngineEvent> { await world.Inbox.Next(Number) };
        if (events[0] is not EngineEvent.Closed)
        {
            // Whatever else the command did was stored with it, so it comes before this.
            await world.Control.Inject(Number, new() { From = "4915112345678", WhatsAppId = "END" });
            while (await world.Inbox.Next(Number) is var evt && evt is not EngineEvent.MessageReceived { Message.WhatsAppId: "END" })
            {
                events.Add(evt);
            }
        }

        return events;
    }

    private static InboundMessage Message(EngineEvent evt) => Assert.IsType<EngineEvent.MessageReceived>(evt).Message;
}
