using Loopwave.Chats;
using Loopwave.Engines;
using Loopwave.Sandbox;
using Xunit;

namespace Loopwave.Grains.Tests.Engines;

/// <summary>Simulated people who write, and a number that shows them that it does.</summary>
public sealed class SandboxTypingTests
{
    private const string Number = "n1a2b3c4d5e";
    private const string Anybody = "4915112345678";
    private const string AnybodyJid = Anybody + "@s.whatsapp.net";
    private const string Group = "12025550100-1600000000@g.us";

    [Fact]
    public async Task Whoever_answers_is_seen_writing_from_reading_to_answering()
    {
        await using var world = SandboxWorld.Start(options =>
        {
            options.ReadDelay = TimeSpan.FromSeconds(10);
            options.EchoDelay = TimeSpan.FromSeconds(20);
        });
        await world.Connect(Number);

        await world.Send(Number, Anybody, "A1");
        world.Clock.Advance(TimeSpan.FromSeconds(13));

        Assert.Equal(new EnginePresence(Number, 1, AnybodyJid, PresenceState.Composing), await world.Inbox.NextPresence());
        Assert.DoesNotContain(world.Inbox.Batches.SelectMany(batch => batch.Events), evt => evt is EngineEvent.MessageReceived);
    }

    [Fact]
    public async Task In_a_group_it_is_the_one_who_answers()
    {
        await using var world = SandboxWorld.Start(options => options.EchoDelay = TimeSpan.FromSeconds(10));
        await world.Connect(Number);

        await world.Send(Number, Group, "A1");
        var presence = await world.Inbox.NextPresence();
        world.Clock.Advance(TimeSpan.FromSeconds(13));
        EngineEvent answer;
        do
        {
            answer = await world.Inbox.Next(Number);
        }
        while (answer is not EngineEvent.MessageReceived);

        Assert.Equal((Group, ((EngineEvent.MessageReceived)answer).Message.Participant), (presence.Jid, presence.Participant));
    }

    [Fact]
    public async Task Whoever_does_not_answer_does_not_write()
    {
        await using var world = SandboxWorld.Start(options => options.EchoDelay = TimeSpan.FromSeconds(10));
        await world.Connect(Number);

        await world.Send(Number, SandboxRecipients.Prefix + "02", "A1");
        await world.Send(Number, Anybody, "A2");

        Assert.Equal(AnybodyJid, (await world.Inbox.NextPresence()).Jid);
    }

    [Fact]
    public async Task Anybody_can_be_made_to_write_and_to_stop()
    {
        await using var world = SandboxWorld.Start();
        await world.Connect(Number);

        Assert.Null((await world.Control.Type(Number, new SandboxWriter(Anybody, null, PresenceState.Recording))).Refusal);
        Assert.Equal(new EnginePresence(Number, 1, AnybodyJid, PresenceState.Recording), await world.Inbox.NextPresence());
        await world.Control.Type(Number, new SandboxWriter(Anybody, Group, PresenceState.Paused));
        Assert.Equal(new EnginePresence(Number, 1, Group, PresenceState.Paused, AnybodyJid), await world.Inbox.NextPresence());
    }

    [Fact]
    public async Task Nobody_hears_it_without_a_connection_and_nothing_of_it_is_kept()
    {
        await using var world = SandboxWorld.Start();
        var credentials = await world.Connect(Number);
        await world.Engine.Close(Number, 1, CancellationToken.None);

        Assert.Equal(RefusalCode.NoReadySession, (await world.Control.Type(Number, new SandboxWriter(Anybody, null, PresenceState.Composing))).Refusal!.Code);
        Assert.Equal(RefusalCode.InvalidInput, (await world.Control.Type(Number, new SandboxWriter("nobody", null, PresenceState.Composing))).Refusal!.Code);
        await Assert.ThrowsAsync<EngineException>(
            () => world.Engine.SetPresence(Number, 1, AnybodyJid, PresenceState.Composing, CancellationToken.None));

        await world.Open(Number, 1, credentials);
        await world.Inbox.Next<EngineEvent.Opened>(Number);
        Assert.Empty((await world.Control.Get(Number)).Value!.Typing);
    }

    [Fact]
    public async Task What_the_number_shows_is_seen_on_the_other_side_the_newest_of_each_chat()
    {
        await using var world = SandboxWorld.Start();
        await world.Connect(Number);

        await world.Engine.SetPresence(Number, 1, AnybodyJid, PresenceState.Composing, CancellationToken.None);
        await world.Engine.SetPresence(Number, 1, Group, PresenceState.Recording, CancellationToken.None);
        await world.Engine.SetPresence(Number, 1, AnybodyJid, PresenceState.Paused, CancellationToken.None);

        var typing = (await world.Control.Get(Number)).Value!.Typing;
        Assert.Equal([(AnybodyJid, PresenceState.Paused), (Group, PresenceState.Recording)], typing.Select(one => (one.ChatId, one.State)));
        Assert.All(typing, one => Assert.Equal(world.Clock.GetUtcNow(), one.At));
    }
}
