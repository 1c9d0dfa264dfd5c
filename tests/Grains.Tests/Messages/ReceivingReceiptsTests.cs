using Loopwave.Engines;
using Loopwave.Testing;
using Xunit;

namespace Loopwave.Messages;

/// <summary>What the network says about messages of ours.</summary>
public sealed class ReceivingReceiptsTests(SharedCluster shared) : OneNumber(shared), IClassFixture<SharedCluster>
{
    [Fact]
    public async Task A_receipt_that_comes_before_the_acknowledgement_settles_the_message()
    {
        var (id, relay) = await Send("hi");

        await Raise(Receipt(relay, ReceiptKind.Delivered));
        await Raise(new EngineEvent.ServerAcknowledged(relay.WhatsAppId, Now));

        var message = await Stored(id);
        Assert.Equal([MessageStatus.Queued, MessageStatus.Sent, MessageStatus.Delivered], message.Timeline.Select(change => change.Status));
        Assert.Equal((0, 1), await Counters());
        Assert.Equal(["message.created", "message.status", "chats.updated"], [.. (await Events()).Where(row => row.Event != "session.status").Select(row => row.Event).Distinct()]);
        Assert.Single(await Events(), row => row.Event == "message.created");
    }

    [Fact]
    public async Task Acknowledgement_and_receipts_in_one_batch_count_one_after_the_other()
    {
        var (id, relay) = await Send("hi");

        await Raise(new EngineEvent.ServerAcknowledged(relay.WhatsAppId, Now), Receipt(relay, ReceiptKind.Delivered), Receipt(relay, ReceiptKind.Read));

        Assert.Equal(
            [MessageStatus.Queued, MessageStatus.Sent, MessageStatus.Delivered, MessageStatus.Read], (await Stored(id)).Timeline.Select(change => change.Status));
    }

    [Fact]
    public async Task Status_never_moves_backward_and_nothing_is_said_twice()
    {
        var (id, relay) = await Send("hi");
        await Raise(new EngineEvent.ServerAcknowledged(relay.WhatsAppId, Now), Receipt(relay, ReceiptKind.Read));
        var before = (await Events()).Count;

        await Raise(Receipt(relay, ReceiptKind.Delivered), new EngineEvent.ServerAcknowledged(relay.WhatsAppId, Now.AddSeconds(9)), Receipt(relay, ReceiptKind.Read));
        await Raise(new EngineEvent.ServerAcknowledged(relay.WhatsAppId, Now, 500));

        Assert.Equal(MessageStatus.Read, (await Stored(id)).Message.Status);
        Assert.Equal(before, (await Events()).Count);
    }

    [Fact]
    public async Task What_was_written_in_a_group_is_read_there_and_by_no_receipt_from_elsewhere()
    {
        var (group, member) = ($"{Any.Phone()}@g.us", Any.Jid());
        await Receive(From(Customer, "hello"), From(group, "hello") with { Participant = member });
        var id = (await Cluster.Messages.Send(Any.Send("hi all", group, Number))).Value!.Message.Id;
        Cluster.Clock.Advance(TimeSpan.FromSeconds(2));
        var relay = await Cluster.Engine.NextRelay(Number);
        EngineEvent Read(string jid, string? participant) => new EngineEvent.ReceiptReceived(jid, [relay.WhatsAppId], ReceiptKind.Read, Now, participant);

        await Raise(Read(Customer, null), Read(member, null), Read($"{Any.Phone()}@g.us", member));
        Assert.Equal(MessageStatus.Queued, (await Stored(id)).Message.Status);

        await Raise(Read(group, member));
        Assert.Equal(MessageStatus.Read, (await Stored(id)).Message.Status);
    }

    [Fact]
    public async Task What_was_written_to_one_person_is_read_by_no_receipt_from_a_group()
    {
        var (id, relay) = await Send("hi");
        await Raise(new EngineEvent.ServerAcknowledged(relay.WhatsAppId, Now));

        await Raise(new EngineEvent.ReceiptReceived($"{Any.Phone()}@g.us", [relay.WhatsAppId], ReceiptKind.Read, Now, Any.Jid()));

        Assert.Equal(MessageStatus.Sent, (await Stored(id)).Message.Status);
    }

    [Fact]
    public async Task One_receipt_can_speak_of_several_messages()
    {
        var (first, one) = await Send("one");
        await Raise(new EngineEvent.ServerAcknowledged(one.WhatsAppId, Now));
        var (second, two) = await Send("two");
        await Raise(new EngineEvent.ServerAcknowledged(two.WhatsAppId, Now));

        await Raise(new EngineEvent.ReceiptReceived(Customer, [one.WhatsAppId, "UNKNOWN", two.WhatsAppId], ReceiptKind.Read, Now));

        Assert.Equal(MessageStatus.Read, (await Stored(first)).Message.Status);
        Assert.Equal(MessageStatus.Read, (await Stored(second)).Message.Status);
    }

    [Fact]
    public async Task A_refusal_by_the_network_fails_the_message_with_its_reason()
    {
        var (id, relay) = await Send("cold");

        await Raise(new EngineEvent.ServerAcknowledged(relay.WhatsAppId, Now, 463));

        var message = (await Stored(id)).Message;
        Assert.Equal((MessageStatus.Failed, "restricted"), (message.Status, message.Error!.Code));
        Assert.Equal((0, 0), await Counters());
        Assert.DoesNotContain(await Events(), row => row.Event == "message.created");
        Assert.Equal("failed", (string)(await Events())[^1].Data["status"]!);
    }

    [Fact]
    public async Task The_echo_of_our_own_message_settles_it_and_makes_no_second_one()
    {
        var (id, relay) = await Send("hi");

        await Receive(From(Customer, "hi", relay.WhatsAppId) with { FromMe = true });

        Assert.Equal(MessageStatus.Sent, (await Stored(id)).Message.Status);
        Assert.Equal((0, 1), await Counters());
        Assert.Equal(id, (await OnlyMessage()).Id);
    }

    [Fact]
    public async Task The_echo_of_our_own_message_is_known_under_a_hidden_address_too()
    {
        var (id, relay) = await Send("hi");

        await Receive(From(Any.Lid(), "hi", relay.WhatsAppId) with { FromMe = true });

        Assert.Equal(MessageStatus.Sent, (await Stored(id)).Message.Status);
        Assert.Single(await Cluster.ChatsOf(Number));
        Assert.Single(await Cluster.MessagesOf(Customer));
    }

    [Theory]
    [InlineData("acknowledgement", MessageStatus.Sent)]
    [InlineData("receipt", MessageStatus.Read)]
    [InlineData("echo", MessageStatus.Sent)]
    public async Task A_message_given_up_as_uncertain_that_turns_out_to_be_through_says_so(string sign, MessageStatus status)
    {
        var (id, relay) = await Uncertain();
        var before = await LastSequence();

        await (sign switch
        {
            "acknowledgement" => Raise(new EngineEvent.ServerAcknowledged(relay.WhatsAppId, Now)),
            "receipt" => Raise(Receipt(relay, ReceiptKind.Read)),
            _ => Receive(From(Customer, "unsure", relay.WhatsAppId) with { FromMe = true }),
        });

        var message = (await Stored(id)).Message;
        Assert.Equal((status, null), (message.Status, message.Error));
        Assert.Equal(["message.created", "message.status", "chats.updated"], (await Events(before)).Select(row => row.Event));
        Assert.Equal((0, 1), await Counters());
    }

    private static EngineEvent.ReceiptReceived Receipt(FakeRelay relay, ReceiptKind kind) => new(relay.Jid, [relay.WhatsAppId], kind, new DateTimeOffset(2026, 6, 29, 12, 0, kind is ReceiptKind.Read ? 2 : 1, TimeSpan.Zero));

    private async Task<(int Queued, int Sent)> Counters()
    {
        var counters = (await Cluster.View(Number)).Counters;
        return (counters.Queued, counters.SentToday);
    }

    private async Task<(string Id, FakeRelay Relay)> Uncertain()
    {
        var (id, relay) = await Send("unsure");
        for (var drop = 1; drop <= 4; drop++)
        {
            await Raise(new EngineEvent.Closed(428));
            Cluster.Clock.Advance(TimeSpan.FromSeconds(61));
            await Cluster.Reconnected(Number);
            if (drop < 4)
            {
                Assert.Equal(relay.WhatsAppId, (await Cluster.Relayed(Number)).WhatsAppId);
            }
        }

        await Cluster.PassesUntil(async () => (await Stored(id)).Message.Error?.Code == "uncertain");
        return (id, relay);
    }
}
