using Loopwave.Engines;
using Loopwave.Sandbox;
using Xunit;

namespace Loopwave.Grains.Tests.Engines;

/// <summary>Each reserved recipient does what its row of docs/sandbox.md says.</summary>
public sealed class SandboxRecipientTests
{
    private const string Number = "n0000000001";
    private const string Afterwards = "4915112345678";

    [Theory]
    [InlineData("12025550100", "ack, delivered, read, answer")]
    [InlineData("12025550101", "ack, delivered")]
    [InlineData("12025550102", "ack, delivered, read")]
    [InlineData("12025550103", "ack")]
    [InlineData("12025550105", "error 463")]
    [InlineData("12025550106", "error 479")]
    [InlineData("12025550113-1600000000@g.us", "error 403")]
    [InlineData("12025550113", "ack, delivered, read, answer")]
    [InlineData("12025550115", "ack, delivered, read, answer, answer")]
    [InlineData("12025550116", "ack, delivered, read, answer, alias")]
    [InlineData("12025550118", "ack, delivered, read, answer")]
    [InlineData("12025550198", "ack, delivered, read, answer")]
    public async Task A_recipient_takes_a_message_as_its_row_says(string to, string expected)
    {
        await using var world = await Connected();

        await world.Send(Number, to, "A1");

        Assert.Equal(expected, await UpToNext(world));
    }

    [Theory]
    [InlineData("12025550104", "not_on_whatsapp")]
    [InlineData("12025550107", "media_rejected")]
    [InlineData("12025550117", "not_on_whatsapp")]
    public async Task A_message_to_some_cannot_be_built(string to, string code)
    {
        await using var world = await Connected();

        var refused = await Assert.ThrowsAsync<EngineException>(() => world.Send(Number, to, "A1"));

        Assert.Equal((EngineError.Rejected, code), (refused.Error, refused.Code));
    }

    [Fact]
    public async Task Whoever_is_not_on_WhatsApp_is_not_found_and_everybody_else_is_in_both_forms()
    {
        await using var world = await Connected();

        var missing = await world.Engine.Resolve(Number, 1, "12025550104", CancellationToken.None);
        var found = await world.Engine.Resolve(Number, 1, "12025550100", CancellationToken.None);

        Assert.Equal(new(false, null, null), missing);
        Assert.Equal(new(true, "12025550100@s.whatsapp.net", SandboxPeople.Lid("12025550100")), found);
    }

    [Fact]
    public async Task A_phone_that_is_written_in_another_way_is_found_under_its_address()
    {
        await using var world = await Connected();

        var found = await world.Engine.Resolve(Number, 1, "12025550117", CancellationToken.None);

        Assert.Equal(new(true, "12025550118@s.whatsapp.net", SandboxPeople.Lid("12025550118")), found);
    }

    [Fact]
    public async Task Whose_hidden_address_answers_is_not_told_before()
    {
        await using var world = await Connected();

        var found = await world.Engine.Resolve(Number, 1, "12025550116", CancellationToken.None);

        Assert.Equal(new(true, "12025550116@s.whatsapp.net", null), found);
    }

    [Fact]
    public async Task A_slow_answer_comes_after_its_delay()
    {
        await using var world = await Connected(options => options.SlowAckDelay = TimeSpan.FromSeconds(10));

        await world.Send(Number, "12025550108", "A1");
        world.Clock.Advance(TimeSpan.FromSeconds(7));
        Assert.True(world.Inbox.IsEmpty(Number));
        world.Clock.Advance(TimeSpan.FromSeconds(6));

        Assert.Equal("ack, delivered, read, answer", await UpToNext(world));
    }

    [Fact]
    public async Task Some_messages_are_never_answered_however_often_they_are_repeated()
    {
        await using var world = await Connected();

        var bytes = await world.Send(Number, "12025550109", "A1");
        await world.Relay(Number, "12025550109", "A1", bytes);

        Assert.Equal("", await UpToNext(world));
        Assert.Equal(2, (await world.Control.Sent(Number, "12025550109", new())).Value!.Data[0].Count);
    }

    [Fact]
    public async Task A_lost_answer_comes_with_the_repeat()
    {
        await using var world = await Connected();

        var bytes = await world.Send(Number, "12025550110", "A1");
        Assert.Equal("delivered, read, answer", await UpToNext(world));
        await world.Relay(Number, "12025550110", "A1", bytes);

        Assert.Equal("ack", await UpToNext(world, "A3"));
    }

    [Fact]
    public async Task A_connection_that_drops_before_the_answer_gets_it_with_the_repeat()
    {
        await using var world = SandboxWorld.Start();
        var credentials = await world.Connect(Number);

        var bytes = await world.Send(Number, "12025550111", "A1");
        Assert.Equal("delivered, read, answer, closed 428", Describe(await world.Inbox.Next(Number, 4)));
        await world.Open(Number, 1, credentials);
        await world.Inbox.Next<EngineEvent.Opened>(Number);
        await world.Relay(Number, "12025550111", "A1", bytes);

        Assert.Equal("ack", await UpToNext(world));
    }

    [Fact]
    public async Task A_connection_that_drops_after_the_answer_is_told_the_rest_later()
    {
        await using var world = SandboxWorld.Start(options => options.DeliveredDelay = TimeSpan.FromSeconds(1));
        var credentials = await world.Connect(Number);

        await world.Send(Number, "12025550112", "A1");
        Assert.Equal("ack, closed 428", Describe(await world.Inbox.Next(Number, 2)));
        world.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.True(world.Inbox.IsEmpty(Number));
        await world.Open(Number, 1, credentials);
        await world.Inbox.Next<EngineEvent.Opened>(Number);

        Assert.Equal("delivered, read, answer", Describe(await world.Inbox.Next(Number, 3)));
    }

    [Fact]
    public async Task A_connection_that_goes_deaf_tells_after_30_seconds_and_swallows_what_is_sent_meanwhile()
    {
        await using var world = SandboxWorld.Start(options => options.DeliveredDelay = TimeSpan.FromSeconds(1));
        var credentials = await world.Connect(Number);

        var bytes = await world.Send(Number, "12025550114", "A1");
        await world.Send(Number, Afterwards, "A2");
        world.Clock.Advance(TimeSpan.FromSeconds(29));
        Assert.True(world.Inbox.IsEmpty(Number));
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await world.Inbox.Next<EngineEvent.PingLost>(Number);
        await world.Engine.Close(Number, 1, CancellationToken.None);
        await world.Open(Number, 1, credentials);
        await world.Inbox.Next<EngineEvent.Opened>(Number);

        Assert.Equal("delivered, read, answer", Describe(await world.Inbox.Next(Number, 3)));
        await world.Relay(Number, "12025550114", "A1", bytes);
        Assert.Equal("ack", Describe(await world.Inbox.Next(Number, 1)));
        Assert.Equal(["A1"], (await world.Control.Sent(Number, null, new())).Value!.Data.Select(sent => sent.WhatsAppId));
    }

    [Fact]
    public async Task A_reserved_recipient_behaves_alike_under_its_hidden_address()
    {
        await using var world = await Connected();

        await world.Send(Number, SandboxPeople.Lid("12025550101"), "A1");

        Assert.Equal("ack, delivered", await UpToNext(world));
    }

    [Fact]
    public async Task An_answer_delivered_twice_has_one_id()
    {
        await using var world = await Connected();

        await world.Send(Number, "12025550115", "A1");

        var answers = (await world.Inbox.Next(Number, 5)).OfType<EngineEvent.MessageReceived>().ToList();
        Assert.Equal(answers[0].Message.WhatsAppId, answers[1].Message.WhatsAppId);
    }

    [Fact]
    public async Task An_answer_under_a_hidden_address_is_followed_by_whose_it_is()
    {
        await using var world = await Connected();

        await world.Send(Number, "12025550116", "A1");

        var events = await world.Inbox.Next(Number, 5);
        var answer = events.OfType<EngineEvent.MessageReceived>().Single().Message;
        Assert.Equal((SandboxPeople.Lid("12025550116"), null), (answer.Jid, answer.OtherJid));
        Assert.Equal(new EngineEvent.AliasLearned("12025550116@s.whatsapp.net", answer.Jid), events[^1]);
    }

    private static async Task<SandboxWorld> Connected(Action<SandboxOptions>? set = null)
    {
        var world = SandboxWorld.Start(set);
        await world.Connect(Number);
        return world;
    }

    /// <summary>Sends to somebody whose answer ends the tale, and tells what came before.</summary>
    private static async Task<string> UpToNext(SandboxWorld world, string id = "END")
    {
        await world.Send(Number, Afterwards, id);
        var events = new List<EngineEvent>();
        EngineEvent evt;
        while ((evt = await world.Inbox.Next(Number)) is not EngineEvent.ServerAcknowledged ack || ack.WhatsAppId != id)
        {
            events.Add(evt);
        }

        await world.Inbox.Next(Number, 3);
        return Describe(events);
    }

    private static string Describe(IEnumerable<EngineEvent> events) => string.Join(", ", events.Select(evt => evt switch
    {
        EngineEvent.ServerAcknowledged { Error: { } error } => $"error {error}",
        EngineEvent.ServerAcknowledged => "ack",
        EngineEvent.ReceiptReceived { Kind: ReceiptKind.Delivered } => "delivered",
        EngineEvent.ReceiptReceived { Kind: ReceiptKind.Read } => "read",
        EngineEvent.MessageReceived => "answer",
        EngineEvent.AliasLearned => "alias",
        EngineEvent.Closed closed => $"closed {closed.Code}",
        _ => evt.GetType().Name,
    }));
}
