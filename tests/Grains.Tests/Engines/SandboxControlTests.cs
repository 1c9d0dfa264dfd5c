using Loopwave.Engines;
using Loopwave.Messages;
using Loopwave.Sandbox;
using Xunit;

namespace Loopwave.Grains.Tests.Engines;

/// <summary>What integrators and tests can make happen to a number.</summary>
public sealed class SandboxControlTests
{
    private const string Number = "n0000000001";
    private const string Anybody = "4915112345678";

    [Fact]
    public async Task A_customer_writes_every_kind_of_message()
    {
        await using var world = await Connected();

        foreach (var type in Enum.GetValues<MessageType>())
        {
            await world.Control.Inject(Number, new() { From = Anybody, Type = type, Text = "With words" });
            var message = await Received(world);
            Assert.Equal((type, Anybody + "@s.whatsapp.net", "With words"), (message.Type, message.Jid, message.Text));
        }
    }

    [Fact]
    public async Task What_is_given_arrives_as_given()
    {
        await using var world = await Connected();

        var injected = await world.Control.Inject(Number, new()
        {
            From = Anybody,
            Group = "4915112345678-1600000000@g.us",
            GroupName = "Friends",
            Type = MessageType.Location,
            Location = new(1.5, -2.5, "There"),
            ReplyTo = "A1",
            Mentions = ["1@s.whatsapp.net"],
            PushName = "Dana",
            WhatsAppId = "MINE",
        });

        Assert.Equal(new("MINE", "4915112345678-1600000000@g.us"), injected.Value);
        Assert.Equal("Friends", (await world.Inbox.Next<EngineEvent.Named>(Number)).Name);
        var message = await Received(world);
        Assert.Equal(("MINE", "Dana", new Location(1.5, -2.5, "There")), (message.WhatsAppId, message.PushName, message.Location));
        Assert.Equal((Anybody + "@s.whatsapp.net", SandboxPeople.Lid(Anybody)), (message.Participant, message.OtherParticipant));
        Assert.Equal(new("A1", true, null), message.ReplyTo);
        Assert.Equal(["1@s.whatsapp.net"], message.Mentions);
    }

    [Theory]
    [InlineData(SandboxAddress.Both, "4915112345678@s.whatsapp.net", true)]
    [InlineData(SandboxAddress.Phone, "4915112345678@s.whatsapp.net", false)]
    [InlineData(SandboxAddress.Hidden, null, false)]
    [InlineData(SandboxAddress.HiddenThenKnown, null, false)]
    public async Task A_customers_address_can_be_worded_in_every_way(SandboxAddress address, string? jid, bool both)
    {
        await using var world = await Connected();

        await world.Control.Inject(Number, new() { From = Anybody, Address = address });

        var message = await Received(world);
        Assert.Equal(jid ?? SandboxPeople.Lid(Anybody), message.Jid);
        Assert.Equal(both ? SandboxPeople.Lid(Anybody) : null, message.OtherJid);
        if (address is SandboxAddress.HiddenThenKnown)
        {
            Assert.Equal(Anybody + "@s.whatsapp.net", (await world.Inbox.Next<EngineEvent.AliasLearned>(Number)).PhoneJid);
        }
    }

    [Fact]
    public async Task One_id_can_be_injected_twice_and_messages_can_be_typed_on_our_own_phone()
    {
        await using var world = await Connected();

        await world.Control.Inject(Number, new() { From = Anybody, WhatsAppId = "SAME" });
        await world.Control.Inject(Number, new() { From = Anybody, WhatsAppId = "SAME" });
        await world.Control.Inject(Number, new() { From = Anybody, FromMe = true });

        Assert.Equal("SAME", (await Received(world)).WhatsAppId);
        Assert.Equal("SAME", (await Received(world)).WhatsAppId);
        Assert.True((await Received(world)).FromMe);
    }

    [Fact]
    public async Task Faulty_input_is_refused_with_a_sentence()
    {
        await using var world = await Connected();
        var message = new SandboxMessage { From = Anybody };

        foreach (var wrong in new[]
        {
            message with { From = "" },
            message with { From = "someone" },
            message with { From = "12345678901234567" },
            message with { From = "a@s.whatsapp.net" },
            message with { Group = "group" },
            message with { GroupName = "Friends" },
            message with { Text = new string('x', 65_537) },
            message with { PushName = "" },
            message with { WhatsAppId = "with space" },
            message with { WhatsAppId = new string('x', 65) },
            message with { ReplyTo = "" },
            message with { Location = new(0, 0, null) },
            message with { Type = MessageType.Location, Location = new(91, 0, null) },
            message with { Type = MessageType.Location, Location = new(0, double.NaN, null) },
            message with { Contacts = [new("A", [])] },
            message with { Poll = new("?", []) },
            message with { Type = MessageType.Poll, Poll = new("?", []) },
        })
        {
            var outcome = await world.Control.Inject(Number, wrong);
            Assert.Equal(RefusalCode.InvalidInput, outcome.Refusal?.Code);
            Assert.EndsWith(".", outcome.Refusal!.Message, StringComparison.Ordinal);
        }

        Assert.Equal(RefusalCode.InvalidInput, (await world.Control.Disconnect(Number, 99, null)).Refusal?.Code);
        Assert.Equal(RefusalCode.InvalidInput, (await world.Control.SetFaults(Number, new() { RefuseOpens = 1000 })).Refusal?.Code);
        Assert.Equal(RefusalCode.InvalidInput, (await world.Control.SetTraffic(Number, new(0, 1, 1))).Refusal?.Code);
        Assert.Equal(RefusalCode.InvalidInput, (await world.Control.SetTraffic(Number, new(1, double.NaN, 1))).Refusal?.Code);
        Assert.Equal(RefusalCode.InvalidInput, (await world.Control.BuildHistory(Number, new(1001, 1))).Refusal?.Code);
        Assert.Equal(RefusalCode.InvalidInput, (await world.Control.Scan(Number, new("12345", "n1"))).Refusal?.Code);
        Assert.Equal(RefusalCode.InvalidInput, (await world.Control.Sent(Number, null, new(0))).Refusal?.Code);
        Assert.Equal(RefusalCode.InvalidCursor, (await world.Control.Sent(Number, null, new(1, "x"))).Refusal?.Code);
        Assert.True(world.Inbox.IsEmpty(Number));
    }

    [Fact]
    public async Task What_needs_a_device_is_refused_while_none_is_linked()
    {
        await using var world = SandboxWorld.Start();

        Assert.Equal(RefusalCode.NoReadySession, (await world.Control.Inject(Number, new() { From = Anybody })).Refusal?.Code);
        Assert.Equal(RefusalCode.NoReadySession, (await world.Control.SetTraffic(Number, new(1, 1, 1))).Refusal?.Code);
        Assert.Equal(RefusalCode.NoReadySession, (await world.Control.Disconnect(Number, 440, null)).Refusal?.Code);
        Assert.Equal(RefusalCode.NoReadySession, (await world.Control.Unlink(Number)).Refusal?.Code);
    }

    [Fact]
    public async Task Opens_are_refused_with_a_code_until_a_time()
    {
        await using var world = SandboxWorld.Start();
        var credentials = await world.Link(Number);
        var until = world.Clock.GetUtcNow().AddMinutes(5);
        await world.Control.SetFaults(Number, new() { RefuseOpens = 402, RefuseOpensUntil = until });

        await world.Open(Number, 1, credentials);
        Assert.Equal(new(402, until), await world.Inbox.Next<EngineEvent.Closed>(Number));

        world.Clock.Advance(TimeSpan.FromMinutes(5));
        await world.Open(Number, 1, credentials);
        await world.Inbox.Next<EngineEvent.Opened>(Number);
    }

    [Fact]
    public async Task Faults_survive_a_restart()
    {
        var world = SandboxWorld.Start();
        var credentials = await world.Link(Number);
        await world.Control.SetFaults(Number, new() { RefuseOpens = 403 });

        await using var next = await world.Restart();
        await next.Open(Number, 2, credentials);

        Assert.Equal(403, (await next.Inbox.Next<EngineEvent.Closed>(Number)).Code);
    }

    [Fact]
    public async Task Messages_that_nothing_answered_are_answered_when_repeated_after_the_fault()
    {
        await using var world = await Connected();
        await world.Control.SetFaults(Number, new() { NeverAck = true });
        var bytes = await world.Send(Number, Anybody, "A1");
        Assert.True(world.Inbox.IsEmpty(Number));

        await world.Control.SetFaults(Number, SandboxFaults.None);
        await world.Relay(Number, Anybody, "A1", bytes);

        await world.Inbox.Next<EngineEvent.ServerAcknowledged>(Number);
        await world.Inbox.Next(Number, 2);
        Assert.Equal("Echo: Hi", (await Received(world)).Text);
    }

    [Fact]
    public async Task Slow_servers_answer_late()
    {
        await using var world = await Connected(options => options.SlowAckDelay = TimeSpan.FromSeconds(10));
        await world.Control.SetFaults(Number, new() { SlowAck = true });

        await world.Send(Number, Anybody, "A1");
        world.Clock.Advance(TimeSpan.FromSeconds(7));
        Assert.True(world.Inbox.IsEmpty(Number));
        world.Clock.Advance(TimeSpan.FromSeconds(6));

        await world.Inbox.Next<EngineEvent.ServerAcknowledged>(Number);
    }

    [Fact]
    public async Task A_connection_made_deaf_hears_nothing_and_so_do_later_ones_until_the_fault_ends()
    {
        await using var world = SandboxWorld.Start();
        var credentials = await world.Connect(Number);

        await world.Control.SetFaults(Number, new() { Deaf = true });
        await world.Control.Inject(Number, new() { From = Anybody, Text = "Unheard" });
        world.Clock.Advance(TimeSpan.FromSeconds(30));
        await world.Inbox.Next<EngineEvent.PingLost>(Number);
        await world.Engine.Close(Number, 1, CancellationToken.None);

        await world.Open(Number, 1, credentials);
        await world.Inbox.Next<EngineEvent.Opened>(Number);
        await world.Engine.Close(Number, 1, CancellationToken.None);
        await world.Control.SetFaults(Number, SandboxFaults.None);
        await world.Open(Number, 1, credentials);

        await world.Inbox.Next<EngineEvent.Opened>(Number);
        Assert.Equal("Unheard", (await Received(world)).Text);
    }

    [Fact]
    public async Task Deliveries_can_be_doubled()
    {
        await using var world = await Connected();
        await world.Control.SetFaults(Number, new() { DuplicateDeliveries = true });

        await world.Control.Inject(Number, new() { From = Anybody, WhatsAppId = "TWICE" });

        Assert.Equal("TWICE", (await Received(world)).WhatsAppId);
        Assert.Equal("TWICE", (await Received(world)).WhatsAppId);
        Assert.Single((await world.Control.Inbound(Number, new())).Value!.Data);
        Assert.Equal(0, (await world.Control.Get(Number)).Value!.Waiting);
    }

    [Fact]
    public async Task Customers_write_at_their_rate_for_their_time_each_chat_in_turn()
    {
        await using var world = await Connected();

        var view = await world.Control.SetTraffic(Number, new(Chats: 3, PerSecond: 10, Seconds: 2));
        Assert.NotNull(view.Value!.Traffic);
        var messages = new List<InboundMessage>();
        for (var half = 1; half <= 4; half++)
        {
            world.Clock.Advance(TimeSpan.FromSeconds(0.5));
            while (messages.Count < 5 * half)
            {
                messages.Add(await Received(world));
            }
        }

        world.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(20, messages.DistinctBy(message => message.WhatsAppId).Count());
        Assert.Equal([7, 7, 6], messages.GroupBy(message => message.Jid).Select(chat => chat.Count()));
        Assert.True(world.Inbox.IsEmpty(Number));
        Assert.Null((await world.Control.Get(Number)).Value!.Traffic);
    }

    [Fact]
    public async Task Traffic_ends_when_the_rate_is_set_to_nothing()
    {
        await using var world = await Connected();
        await world.Control.SetTraffic(Number, new(1, 10, 3600));

        await world.Control.SetTraffic(Number, new(1, 0, 1));
        world.Clock.Advance(TimeSpan.FromSeconds(10));

        Assert.True(world.Inbox.IsEmpty(Number));
        Assert.Null((await world.Control.Get(Number)).Value!.Traffic);
    }

    [Fact]
    public async Task History_built_for_a_linked_number_is_told_at_once()
    {
        await using var world = await Connected();

        var view = await world.Control.BuildHistory(Number, new(2, 5));

        Assert.Equal(new(2, 5), view.Value!.History);
        Assert.Equal(10, (await world.Inbox.Next<EngineEvent.HistoryReceived>(Number)).Messages.Count);
    }

    [Fact]
    public async Task The_record_is_read_page_by_page()
    {
        await using var world = await Connected(options => options.Echo = false);
        for (var i = 0; i < 5; i++)
        {
            await world.Send(Number, Anybody, $"A{i}");
            await world.Control.Inject(Number, new() { From = Anybody, WhatsAppId = $"I{i}" });
        }

        Assert.Equal(["A0 A1", "A2 A3", "A4"], await Pages(page => world.Control.Sent(Number, null, page), sent => sent.WhatsAppId));
        Assert.Equal(["I0 I1", "I2 I3", "I4"], await Pages(page => world.Control.Inbound(Number, page), inbound => inbound.WhatsAppId));
        Assert.Single(await Pages(page => world.Control.Connections(Number, page), connection => connection.End ?? "open"));

        static async Task<IReadOnlyList<string>> Pages<T>(Func<PageRequest, Task<Outcome<Page<T>>>> read, Func<T, string> name)
        {
            var pages = new List<string>();
            string? cursor = null;
            do
            {
                var page = (await read(new(2, cursor))).Value!;
                pages.Add(string.Join(' ', page.Data.Select(name)));
                cursor = page.NextCursor;
            }
            while (cursor is not null);
            return pages;
        }
    }

    private static async Task<SandboxWorld> Connected(Action<SandboxOptions>? set = null)
    {
        var world = SandboxWorld.Start(set);
        await world.Connect(Number);
        return world;
    }

    private static async Task<InboundMessage> Received(SandboxWorld world) =>
        (await world.Inbox.Next<EngineEvent.MessageReceived>(Number)).Message;
}
