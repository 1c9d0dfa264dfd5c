using Loopwave.Engines;
using Loopwave.Messages;
using Loopwave.Sandbox;
using Loopwave.Testing.Sandbox;
using Xunit;

namespace Loopwave.Grains.Tests.Engines;

public sealed class SandboxEngineTests
{
    private const string Number = "n0000000001";
    private const string Anybody = "4915112345678";

    private static readonly PageRequest All = new(200);

    [Fact]
    public async Task A_message_is_acknowledged_delivered_read_and_answered()
    {
        await using var world = SandboxWorld.Start();
        await world.Connect(Number);

        await world.Send(Number, Anybody, "A1", "Good morning");

        var ack = await world.Inbox.Next<EngineEvent.ServerAcknowledged>(Number);
        Assert.Equal(("A1", null), (ack.WhatsAppId, ack.Error));
        Assert.Equal(ReceiptKind.Delivered, (await world.Inbox.Next<EngineEvent.ReceiptReceived>(Number)).Kind);
        Assert.Equal(ReceiptKind.Read, (await world.Inbox.Next<EngineEvent.ReceiptReceived>(Number)).Kind);
        var echo = (await world.Inbox.Next<EngineEvent.MessageReceived>(Number)).Message;
        Assert.Equal("Echo: Good morning", echo.Text);
        Assert.Equal((Anybody + "@s.whatsapp.net", false), (echo.Jid, echo.FromMe));
        Assert.EndsWith("@lid", echo.OtherJid, StringComparison.Ordinal);
        Assert.Equal(0, (await world.Control.Get(Number)).Value!.Waiting);
    }

    [Fact]
    public async Task What_follows_a_message_takes_its_time_in_order()
    {
        await using var world = SandboxWorld.Start(options =>
        {
            options.AckDelay = TimeSpan.FromMilliseconds(50);
            options.DeliveredDelay = TimeSpan.FromMilliseconds(200);
            options.ReadDelay = TimeSpan.FromMilliseconds(700);
            options.EchoDelay = TimeSpan.FromSeconds(1);
        });
        await world.Connect(Number);
        var sentAt = world.Clock.GetUtcNow();

        await world.Send(Number, Anybody, "A1");
        Assert.True(world.Inbox.IsEmpty(Number));
        world.Clock.Advance(TimeSpan.FromSeconds(2));

        var events = await world.Inbox.Next(Number, 4);
        Assert.Collection(
            events,
            evt => Assert.InRange(((EngineEvent.ServerAcknowledged)evt).At - sentAt, TimeSpan.FromMilliseconds(37), TimeSpan.FromMilliseconds(63)),
            evt => Assert.Equal(ReceiptKind.Delivered, ((EngineEvent.ReceiptReceived)evt).Kind),
            evt => Assert.Equal(ReceiptKind.Read, ((EngineEvent.ReceiptReceived)evt).Kind),
            evt => Assert.InRange(((EngineEvent.MessageReceived)evt).Message.Timestamp - sentAt, TimeSpan.FromMilliseconds(750), TimeSpan.FromMilliseconds(1250)));
    }

    [Fact]
    public async Task A_repeat_is_counted_under_its_id_and_answered_again_but_reaches_nobody_twice()
    {
        await using var world = SandboxWorld.Start();
        var credentials = await world.Connect(Number);
        var bytes = await world.Send(Number, Anybody, "A1");
        await world.Inbox.Next(Number, 4);

        await world.Open(Number, 2, credentials);
        await world.Inbox.Next<EngineEvent.Opened>(Number);
        await world.Relay(Number, Anybody, "A1", bytes, epoch: 2);

        Assert.Equal("A1", (await world.Inbox.Next<EngineEvent.ServerAcknowledged>(Number)).WhatsAppId);
        await world.Send(Number, Anybody, "A2", epoch: 2);
        Assert.Equal("A2", (await world.Inbox.Next<EngineEvent.ServerAcknowledged>(Number)).WhatsAppId);
        var sent = (await world.Control.Sent(Number, null, All)).Value!.Data;
        Assert.Equal([("A1", 2), ("A2", 1)], sent.Select(message => (message.WhatsAppId, message.Count)));
        Assert.Equal(1, sent[0].First.Epoch);
        var repeat = Assert.Single(sent[0].Repeats);
        Assert.Equal((2, sent[0].First.Hash), (repeat.Epoch, repeat.Hash));
        Assert.True(repeat.Order > sent[0].First.Order);
        Assert.NotEqual(sent[0].First.Connection, repeat.Connection);
    }

    [Fact]
    public async Task What_was_not_acknowledged_comes_again_after_a_restart_in_order()
    {
        var world = SandboxWorld.Start();
        var credentials = await world.Connect(Number);
        world.Inbox.Acknowledges = false;
        await world.Send(Number, Anybody, "A1");
        await world.Control.Inject(Number, new() { From = Anybody, Text = "One" });
        await world.Control.Inject(Number, new() { From = Anybody, Text = "Two" });
        var before = await world.Inbox.Next(Number, 6);

        await using var next = await world.Restart();
        await next.Open(Number, 2, credentials);
        await next.Inbox.Next<EngineEvent.Opened>(Number);
        var after = await next.Inbox.Next(Number, 6);

        Assert.Equal(before.Select(Describe), after.Select(Describe));
        Assert.Equal(["One", "Two"], after.OfType<EngineEvent.MessageReceived>().Skip(1).Select(evt => evt.Message.Text));
        Assert.Equal(0, (await next.Control.Get(Number)).Value!.Waiting);
    }

    [Fact]
    public async Task What_was_acknowledged_never_comes_again()
    {
        var world = SandboxWorld.Start();
        var credentials = await world.Connect(Number);
        await world.Send(Number, Anybody, "A1");
        await world.Inbox.Next(Number, 4);

        await using var next = await world.Restart();
        await next.Open(Number, 2, credentials);
        await next.Inbox.Next<EngineEvent.Opened>(Number);
        await next.Control.Inject(Number, new() { From = Anybody, Text = "Next" });

        Assert.Equal("Next", (await next.Inbox.Next<EngineEvent.MessageReceived>(Number)).Message.Text);
        var inbound = (await next.Control.Inbound(Number, All)).Value!.Data;
        Assert.Equal(2, inbound.Count);
        Assert.All(inbound, message => Assert.NotNull(message.AcknowledgedAt));
    }

    [Fact]
    public async Task Answers_that_were_still_to_come_survive_a_restart()
    {
        var world = SandboxWorld.Start(options =>
        {
            options.AckDelay = TimeSpan.FromSeconds(10);
            options.EchoDelay = TimeSpan.FromSeconds(10);
        });
        var credentials = await world.Connect(Number);
        await world.Send(Number, Anybody, "A1");

        await using var next = await world.Restart();
        await next.Open(Number, 2, credentials);
        await next.Inbox.Next<EngineEvent.Opened>(Number);
        Assert.True(next.Inbox.IsEmpty(Number));
        next.Clock.Advance(TimeSpan.FromSeconds(13));

        await next.Inbox.Next<EngineEvent.ServerAcknowledged>(Number);
        await next.Inbox.Next(Number, 2);
        Assert.Equal("Echo: Hi", (await next.Inbox.Next<EngineEvent.MessageReceived>(Number)).Message.Text);
    }

    [Fact]
    public async Task What_arrives_while_nobody_is_connected_waits()
    {
        await using var world = SandboxWorld.Start();
        var credentials = await world.Connect(Number);
        await world.Engine.Close(Number, 1, CancellationToken.None);

        foreach (var text in new[] { "One", "Two", "Three" })
        {
            await world.Control.Inject(Number, new() { From = Anybody, Text = text });
        }

        Assert.Equal(3, (await world.Control.Get(Number)).Value!.Waiting);
        await world.Open(Number, 1, credentials);
        await world.Inbox.Next<EngineEvent.Opened>(Number);
        var texts = (await world.Inbox.Next(Number, 3)).Select(evt => ((EngineEvent.MessageReceived)evt).Message.Text);
        Assert.Equal(["One", "Two", "Three"], texts);
    }

    [Fact]
    public async Task A_batch_that_nobody_takes_is_offered_again_in_the_same_place()
    {
        await using var world = SandboxWorld.Start();
        await world.Connect(Number);
        var refused = new List<EngineBatch>();
        var again = new TaskCompletionSource();
        world.Inbox.Before = batch =>
        {
            refused.Add(batch);
            again.TrySetResult();
            return refused.Count < 3 ? throw new InvalidOperationException("Not now.") : Task.CompletedTask;
        };

        await world.Control.Inject(Number, new() { From = Anybody, Text = "Please" });
        await again.Task;
        while (refused.Count < 3)
        {
            world.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal("Please", (await world.Inbox.Next<EngineEvent.MessageReceived>(Number)).Message.Text);
        Assert.Single(refused.Select(batch => batch.First).Distinct());
    }

    [Fact]
    public async Task A_batch_that_nobody_took_is_offered_within_two_seconds_once_storage_is_back()
    {
        await using var world = SandboxWorld.Start();
        await world.Connect(Number);
        var (refusals, takes) = (0, false);
        world.Inbox.Before = _ =>
        {
            if (takes)
            {
                return Task.CompletedTask;
            }

            refusals++;
            throw new InvalidOperationException("Not now.");
        };
        await world.Control.Inject(Number, new() { From = Anybody, Text = "Please" });
        while (refusals < 10)
        {
            world.Clock.Advance(TimeSpan.FromSeconds(0.1));
            await Task.Yield();
        }

        takes = true;
        world.Engine.OfferAgain();
        world.Engine.OfferAgain();
        world.Clock.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal("Please", (await world.Inbox.Next<EngineEvent.MessageReceived>(Number)).Message.Text);
        world.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.True(world.Inbox.IsEmpty(Number));
    }

    [Fact]
    public async Task No_more_than_256_events_are_under_way_without_being_acknowledged()
    {
        await using var world = SandboxWorld.Start();
        await world.Connect(Number);
        world.Inbox.Acknowledges = false;

        for (var i = 0; i < 300; i++)
        {
            await world.Control.Inject(Number, new() { From = Anybody, Text = $"{i}" });
        }

        await world.Inbox.Next(Number, SandboxStream.Window);
        Assert.True(world.Inbox.IsEmpty(Number));
        var last = world.Inbox.Batches.Last().Last;
        Assert.All(world.Inbox.Batches, batch => Assert.InRange(batch.Events.Count, 1, SandboxStream.BatchSize));

        await world.Engine.Acknowledge(Number, last with { Sequence = last.Sequence - 200 }, CancellationToken.None);
        var rest = await world.Inbox.Next(Number, 44);
        Assert.Equal("299", ((EngineEvent.MessageReceived)rest[^1]).Message.Text);
    }

    [Fact]
    public async Task Sequences_rise_without_a_gap_within_an_epoch_and_start_over_with_the_next()
    {
        await using var world = SandboxWorld.Start();
        var credentials = await world.Connect(Number);
        await world.Engine.Close(Number, 1, CancellationToken.None);
        await world.Open(Number, 1, credentials);
        await world.Inbox.Next<EngineEvent.Opened>(Number);
        var first = world.Inbox.Batches.ToList();

        await world.Open(Number, 2, credentials);
        await world.Inbox.Next<EngineEvent.Opened>(Number);

        var expected = 1L;
        foreach (var batch in first)
        {
            Assert.Equal((1, expected), (batch.First.Epoch, batch.First.Sequence));
            expected = batch.Last.Sequence + 1;
        }

        var next = world.Inbox.Batches.Last();
        Assert.Equal((2, 1), (next.First.Epoch, next.First.Sequence));
        Assert.Single(world.Inbox.Batches.Select(batch => batch.First.Host).Distinct());
    }

    [Fact]
    public async Task A_higher_epoch_takes_the_connection_over_without_a_word_and_the_lower_one_is_refused()
    {
        await using var world = SandboxWorld.Start();
        var credentials = await world.Connect(Number);

        await world.Open(Number, 5, credentials);
        await world.Inbox.Next<EngineEvent.Opened>(Number);

        Assert.DoesNotContain(world.Inbox.Batches.SelectMany(batch => batch.Events), evt => evt is EngineEvent.Closed { Code: 440 });
        foreach (var stale in new Func<Task>[]
        {
            () => world.Open(Number, 4, credentials),
            () => world.Engine.Close(Number, 4, CancellationToken.None),
            () => world.Engine.LogOut(Number, 4, CancellationToken.None),
            () => world.Engine.Prepare(Number, 4, SandboxWorld.Text(Anybody, "A", "x"), CancellationToken.None),
            () => world.Relay(Number, Anybody, "A", [], epoch: 4),
            () => world.Engine.Resolve(Number, 4, Anybody, CancellationToken.None),
            () => world.Engine.MarkRead(Number, 4, Anybody, [], CancellationToken.None),
        })
        {
            Assert.Equal(EngineError.StaleEpoch, (await Assert.ThrowsAsync<EngineException>(stale)).Error);
        }

        var connections = (await world.Control.Connections(Number, All)).Value!.Data;
        Assert.Equal([1L, 1L, 5L], connections.Select(connection => connection.Epoch));
        Assert.Equal(["515", "superseded", null], connections.Select(connection => connection.End));
    }

    [Fact]
    public async Task Epochs_that_follow_each_other_quickly_end_with_one_connection_and_no_second_login()
    {
        await using var world = SandboxWorld.Start();
        var credentials = await world.Link(Number);

        for (var round = 0; round < 200; round++)
        {
            var epochs = Enumerable.Range(2 + round * 3, 3);
            await Task.WhenAll(epochs.Select(epoch => Task.Run(async () =>
            {
                try
                {
                    await world.Open(Number, epoch, credentials);
                }
                catch (EngineException refused) when (refused.Error is EngineError.StaleEpoch)
                {
                    // A later one was faster.
                }
            })));
        }

        await world.Control.Inject(Number, new() { From = Anybody, Text = "Still there?" });
        EngineEvent evt;
        do
        {
            evt = await world.Inbox.Next(Number);
            Assert.IsNotType<EngineEvent.Closed>(evt);
        }
        while (evt is not EngineEvent.MessageReceived);

        var connections = new List<SandboxConnectionView>();
        for (var page = (await world.Control.Connections(Number, All)).Value!; ; page = (await world.Control.Connections(Number, All with { Cursor = page.NextCursor })).Value!)
        {
            connections.AddRange(page.Data);
            if (page.NextCursor is null)
            {
                break;
            }
        }

        Assert.Single(connections, connection => connection.EndOrder is null);
        Assert.All(connections.Zip(connections.Skip(1)), pair => Assert.True(pair.First.EndOrder < pair.Second.Id));
    }

    [Fact]
    public async Task Acknowledging_for_another_host_or_epoch_forgets_nothing()
    {
        await using var world = SandboxWorld.Start();
        await world.Connect(Number);
        world.Inbox.Acknowledges = false;
        await world.Control.Inject(Number, new() { From = Anybody });
        await world.Inbox.Next<EngineEvent.MessageReceived>(Number);
        var place = world.Inbox.Batches.Last().Last;

        await world.Engine.Acknowledge(Number, place with { Host = "another" }, CancellationToken.None);
        await world.Engine.Acknowledge(Number, place with { Epoch = 9 }, CancellationToken.None);
        await world.Engine.Acknowledge(Number, place with { Sequence = place.Sequence - 1 }, CancellationToken.None);
        Assert.Equal(1, (await world.Control.Get(Number)).Value!.Waiting);

        await world.Engine.Acknowledge(Number, place, CancellationToken.None);
        Assert.Equal(0, (await world.Control.Get(Number)).Value!.Waiting);
    }

    [Fact]
    public async Task A_second_login_closes_the_first_with_440()
    {
        await using var world = SandboxWorld.Start();
        await world.Connect(Number);

        await world.Control.Disconnect(Number, 440, null);

        Assert.Equal(440, (await world.Inbox.Next<EngineEvent.Closed>(Number)).Code);
        var refused = await Assert.ThrowsAsync<EngineException>(() => world.Send(Number, Anybody, "A1"));
        Assert.Equal(EngineError.NotConnected, refused.Error);
    }

    [Fact]
    public async Task A_number_is_connected_once_the_servers_say_that_its_connection_stands()
    {
        var (record, openings) = Slow();
        await using var world = SandboxWorld.Start(record: record);
        var credentials = await world.Link(Number);

        record.Openings = openings.Task;
        await world.Open(Number, 2, credentials);
        await world.Control.Inject(Number, new() { From = Anybody, Text = "Hello?" });

        Assert.False((await world.Control.Get(Number)).Value!.Connected);
        var refused = await Assert.ThrowsAsync<EngineException>(() => world.Send(Number, Anybody, "A1", epoch: 2));
        Assert.Equal(EngineError.NotConnected, refused.Error);
        Assert.True(world.Inbox.IsEmpty(Number));

        openings.SetResult();
        await world.Inbox.Next<EngineEvent.Opened>(Number);
        Assert.Equal("Hello?", (await world.Inbox.Next<EngineEvent.MessageReceived>(Number)).Message.Text);
    }

    [Fact]
    public async Task No_code_is_shown_before_the_servers_say_that_the_connection_stands()
    {
        var (record, openings) = Slow();
        record.Openings = openings.Task;
        await using var world = SandboxWorld.Start(record: record);

        await world.Open(Number, 1, null);
        Assert.False((await world.Control.Get(Number)).Value!.Linking);
        Assert.True(world.Inbox.IsEmpty(Number));

        openings.SetResult();
        await world.Inbox.Next<EngineEvent.LinkOffered>(Number);
    }

    [Fact]
    public async Task A_connection_that_the_servers_refuse_for_a_later_one_is_told_440()
    {
        var record = new MemorySandboxRecord();
        await using var world = SandboxWorld.Start(record: record);
        var credentials = await world.Link(Number);
        await record.Opened(new(1_000_000, Number, 3, "another", world.Clock.GetUtcNow()));

        await world.Open(Number, 2, credentials);

        Assert.Equal(440, (await world.Inbox.Next<EngineEvent.Closed>(Number)).Code);
        Assert.False((await world.Control.Get(Number)).Value!.Connected);
        var connections = (await world.Control.Connections(Number, All)).Value!.Data;
        Assert.Equal([("515", 1L), (null, 3L)], connections.Select(connection => (connection.End, connection.Epoch)));
    }

    [Fact]
    public async Task A_connection_whose_order_others_have_passed_is_lost_and_comes_again()
    {
        var record = new MemorySandboxRecord();
        await using var world = SandboxWorld.Start(record: record);
        var credentials = await world.Link(Number);
        record.IsAhead = true;

        await world.Open(Number, 2, credentials);
        Assert.Equal(503, (await world.Inbox.Next<EngineEvent.Closed>(Number)).Code);

        record.IsAhead = false;
        await world.Open(Number, 2, credentials);
        await world.Inbox.Next<EngineEvent.Opened>(Number);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_that_cannot_be_recorded_is_lost_whether_it_was_or_not(bool isRecorded)
    {
        var record = new MemorySandboxRecord();
        await using var world = SandboxWorld.Start(record: record);
        var credentials = await world.Link(Number);

        (record.IsFull, record.IsSilent) = (!isRecorded, isRecorded);
        await world.Open(Number, 2, credentials);
        Assert.Equal(503, (await world.Inbox.Next<EngineEvent.Closed>(Number)).Code);
        Assert.False((await world.Control.Get(Number)).Value!.Connected);

        (record.IsFull, record.IsSilent) = (false, false);
        await world.Open(Number, 2, credentials);
        await world.Inbox.Next<EngineEvent.Opened>(Number);
        var ends = (await world.Control.Connections(Number, All)).Value!.Data.Select(connection => connection.End);
        Assert.Equal(isRecorded ? ["515", "503", null] : ["515", null], ends);
    }

    [Fact]
    public async Task An_end_that_the_record_could_not_be_told_is_told_when_it_can_be_as_it_was()
    {
        var record = new MemorySandboxRecord();
        await using var world = SandboxWorld.Start(record: record);
        await world.Connect(Number);
        record.IsFull = true;
        var ended = world.Clock.GetUtcNow();
        await world.Engine.CloseAll();
        world.Clock.Advance(TimeSpan.FromSeconds(12));

        record.IsFull = false;
        world.Clock.Advance(TimeSpan.FromSeconds(5));

        var last = (await world.Control.Connections(Number, All)).Value!.Data[^1];
        Assert.Equal(("428", ended), (last.End, last.To));
        Assert.True(last.EndOrder > last.Id);
        var atRest = world.Agenda.Count;
        world.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(atRest, world.Agenda.Count);
    }

    [Fact]
    public async Task An_end_that_the_record_could_not_be_told_is_told_before_the_next_connection_begins()
    {
        var record = new MemorySandboxRecord();
        await using var world = SandboxWorld.Start(record: record);
        var credentials = await world.Connect(Number);
        record.IsFull = true;
        var ended = world.Clock.GetUtcNow();
        await world.Engine.CloseAll();
        Assert.Equal(428, (await world.Inbox.Next<EngineEvent.Closed>(Number)).Code);
        world.Clock.Advance(TimeSpan.FromSeconds(1));

        record.IsFull = false;
        await world.Open(Number, 1, credentials);
        await world.Inbox.Next<EngineEvent.Opened>(Number);

        Assert.Equal([("515", null), ("428", ended), (null, null)], await Ends());
        world.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal([("515", null), ("428", ended), (null, null)], await Ends());

        // The first was linked at no time that matters.
        async Task<IEnumerable<(string? End, DateTimeOffset? To)>> Ends() => (await world.Control.Connections(Number, All)).Value!.Data
            .Select(connection => (connection.End, connection.End == "515" ? null : connection.To));
    }

    [Fact]
    public async Task A_connection_that_the_record_never_had_has_no_end_that_it_is_told_again_and_again()
    {
        var record = new MemorySandboxRecord();
        await using var world = SandboxWorld.Start(record: record);
        var credentials = await world.Link(Number);
        var atRest = world.Agenda.Count;

        record.IsFull = true;
        await world.Open(Number, 2, credentials);
        Assert.Equal(503, (await world.Inbox.Next<EngineEvent.Closed>(Number)).Code);

        Assert.Equal(atRest, world.Agenda.Count);
    }

    [Theory]
    [InlineData("superseded")]
    [InlineData("closed")]
    [InlineData("428")]
    public async Task A_connection_that_ended_before_the_servers_said_that_it_stands_never_logs_in(string end)
    {
        var (record, openings) = Slow();
        await using var world = SandboxWorld.Start(record: record);
        var credentials = await world.Link(Number);
        record.Openings = openings.Task;
        await world.Open(Number, 2, credentials);

        record.Openings = Task.CompletedTask;
        await (end switch
        {
            "superseded" => world.Open(Number, 3, credentials),
            "closed" => world.Engine.Close(Number, 2, CancellationToken.None),
            _ => world.Engine.CloseAll(),
        });
        openings.SetResult();
        if (end == "428")
        {
            Assert.Equal(428, (await world.Inbox.Next<EngineEvent.Closed>(Number)).Code);
        }

        if (end != "superseded")
        {
            await world.Open(Number, 3, credentials);
        }

        await world.Inbox.Next<EngineEvent.Opened>(Number);
        await world.Send(Number, Anybody, "A1", epoch: 3);
        await world.Inbox.Next<EngineEvent.ServerAcknowledged>(Number);
        var connections = (await world.Control.Connections(Number, All)).Value!.Data;
        Assert.Equal(["515", end, null], connections.Select(connection => connection.End));
    }

    [Fact]
    public async Task Closing_everything_reports_each_connection_as_lost()
    {
        await using var world = SandboxWorld.Start();
        await world.Connect(Number);
        await world.Connect("n0000000002");

        await world.Engine.CloseAll();

        Assert.Equal(428, (await world.Inbox.Next<EngineEvent.Closed>(Number)).Code);
        Assert.Equal(428, (await world.Inbox.Next<EngineEvent.Closed>("n0000000002")).Code);
    }

    [Fact]
    public async Task Nothing_follows_on_a_connection_that_we_closed()
    {
        await using var world = SandboxWorld.Start(options => options.AckDelay = TimeSpan.FromSeconds(1));
        await world.Connect(Number);
        await world.Send(Number, Anybody, "A1");

        await world.Engine.Close(Number, 1, CancellationToken.None);
        world.Clock.Advance(TimeSpan.FromSeconds(5));

        Assert.True(world.Inbox.IsEmpty(Number));
        Assert.Equal("closed", (await world.Control.Connections(Number, All)).Value!.Data[^1].End);
    }

    [Fact]
    public async Task A_process_that_ended_without_a_word_leaves_no_connection_open_in_the_record()
    {
        var world = SandboxWorld.Start();
        await world.Connect(Number);

        await using var next = await world.Restart();

        await next.Control.Get(Number);
        var connections = (await next.Control.Connections(Number, All)).Value!.Data;
        Assert.Equal("process", connections[^1].End);
        Assert.All(connections, connection => Assert.True(connection.EndOrder > connection.Id));
    }

    [Fact]
    public async Task A_full_disk_fails_sends_and_injections_and_passes()
    {
        var record = new MemorySandboxRecord();
        await using var world = SandboxWorld.Start(record: record);
        await world.Connect(Number);

        record.IsFull = true;
        var refused = await Assert.ThrowsAsync<EngineException>(() => world.Send(Number, Anybody, "A1"));
        Assert.Equal(EngineError.Unavailable, refused.Error);
        var injected = await world.Control.Inject(Number, new() { From = Anybody });
        Assert.Equal(RefusalCode.StorageUnavailable, injected.Refusal?.Code);

        record.IsFull = false;
        await world.Send(Number, Anybody, "A1");
        await world.Inbox.Next<EngineEvent.ServerAcknowledged>(Number);
        Assert.Equal(1, Assert.Single((await world.Control.Sent(Number, null, All)).Value!.Data).Count);
    }

    /// <summary>What failed and was done all the same must not be taken off the count of what waits.</summary>
    [Fact]
    public async Task What_arrives_after_a_write_that_was_done_and_failed_is_handed_over_at_the_next_login()
    {
        var record = new MemorySandboxRecord();
        await using var world = SandboxWorld.Start(record: record);
        var credentials = await world.Connect(Number);
        await world.Engine.Close(Number, 1, CancellationToken.None);
        record.IsSilent = true;
        Assert.NotNull((await world.Control.Inject(Number, new() { From = Anybody, Text = "One" })).Refusal);
        record.IsSilent = false;
        await world.Control.Inject(Number, new() { From = Anybody, Text = "One, again" });
        await world.Open(Number, 1, credentials);
        await world.Inbox.Next<EngineEvent.Opened>(Number);
        await world.Inbox.Next(Number, 2);
        await world.Engine.Close(Number, 1, CancellationToken.None);

        await world.Control.Inject(Number, new() { From = Anybody, Text = "Two" });
        await world.Open(Number, 1, credentials);

        await world.Inbox.Next<EngineEvent.Opened>(Number);
        Assert.Equal("Two", (await world.Inbox.Next<EngineEvent.MessageReceived>(Number)).Message.Text);
    }

    [Fact]
    public async Task Too_much_that_waits_is_refused()
    {
        await using var world = SandboxWorld.Start(options => options.MaxWaiting = 2);
        await world.Connect(Number);
        world.Inbox.Acknowledges = false;
        await world.Control.Inject(Number, new() { From = Anybody });
        await world.Control.Inject(Number, new() { From = Anybody });

        Assert.Equal(RefusalCode.QueueFull, (await world.Control.Inject(Number, new() { From = Anybody })).Refusal?.Code);
        Assert.Equal(EngineError.NotSent, (await Assert.ThrowsAsync<EngineException>(() => world.Send(Number, Anybody, "A1"))).Error);
    }

    [Fact]
    public async Task Reactions_edits_and_revokes_are_acknowledged_and_recorded_but_not_answered()
    {
        await using var world = SandboxWorld.Start();
        await world.Connect(Number);

        await world.Send(Number, Anybody, "R1", kind: OutboundKind.Reaction);
        await world.Send(Number, Anybody, "E1", kind: OutboundKind.Edit);
        await world.Send(Number, Anybody, "D1", kind: OutboundKind.Revoke);

        var acks = (await world.Inbox.Next(Number, 3)).Select(evt => ((EngineEvent.ServerAcknowledged)evt).WhatsAppId);
        Assert.Equal(["R1", "E1", "D1"], acks);
        Assert.Equal(["reaction", "edit", "revoke"], (await world.Control.Sent(Number, null, All)).Value!.Data.Select(sent => sent.Kind));
    }

    [Fact]
    public async Task A_group_answers_through_one_of_its_people_and_each_of_them_gives_receipts()
    {
        await using var world = SandboxWorld.Start();
        await world.Connect(Number);
        const string group = "4915112345678-1600000000@g.us";

        await world.Send(Number, group, "G1", "Hello all");

        var events = await world.Inbox.Next(Number, 8);
        Assert.IsType<EngineEvent.ServerAcknowledged>(events[0]);
        var receipts = events.OfType<EngineEvent.ReceiptReceived>().ToList();
        Assert.Equal(3, receipts.Where(receipt => receipt.Kind is ReceiptKind.Read).Select(receipt => receipt.Participant).Distinct().Count());
        var echo = ((EngineEvent.MessageReceived)events[^1]).Message;
        Assert.Equal((group, "Echo: Hello all"), (echo.Jid, echo.Text));
        Assert.Contains(echo.Participant, receipts.Select(receipt => receipt.Participant));
        Assert.EndsWith("@lid", echo.OtherParticipant, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sending_to_the_hidden_address_of_a_person_is_recorded_under_the_same_chat()
    {
        await using var world = SandboxWorld.Start();
        await world.Connect(Number);

        await world.Send(Number, SandboxPeople.Lid(Anybody), "L1");
        await world.Send(Number, Anybody, "L2");

        var chat = (await world.Control.Sent(Number, Anybody, All)).Value!.Data;
        Assert.Equal(["L1", "L2"], chat.Select(sent => sent.WhatsAppId));
        var echo = (await world.Inbox.Next(Number, 4)).OfType<EngineEvent.MessageReceived>().Single().Message;
        Assert.EndsWith("@lid", echo.Jid, StringComparison.Ordinal);
        Assert.Equal(Anybody + "@s.whatsapp.net", echo.OtherJid);
    }

    [Fact]
    public async Task A_file_of_ours_is_known_by_its_hash_and_a_file_of_theirs_can_be_fetched()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            await using var world = SandboxWorld.Start();
            await world.Connect(Number);
            var source = Path.Combine(folder.FullName, "photo.jpg");
            await File.WriteAllBytesAsync(source, [1, 2, 3]);
            var message = SandboxWorld.Text(Anybody, "F1", "Look") with
            {
                Type = MessageType.Image, File = new(source, "image/jpeg", null, null),
            };

            var bytes = await world.Engine.Prepare(Number, 1, message, CancellationToken.None);
            File.Delete(source);
            await world.Relay(Number, Anybody, "F1", bytes);
            var echo = (await world.Inbox.Next(Number, 4)).OfType<EngineEvent.MessageReceived>().Single().Message;
            var target = Path.Combine(folder.FullName, "fetched");
            await world.Engine.FetchMedia(Number, 1, echo.File!, target, echo.File!.Size!.Value, CancellationToken.None);

            Assert.Equal((MessageType.Image, "Echo: Look"), (echo.Type, echo.Text));
            Assert.Equal(echo.File!.Size, new FileInfo(target).Length);
            Assert.Equal([target], Directory.GetFiles(folder.FullName));
            var tooLarge = await Assert.ThrowsAsync<EngineException>(() =>
                world.Engine.FetchMedia(Number, 1, echo.File, target, echo.File.Size.Value - 1, CancellationToken.None));
            Assert.Equal((EngineError.Rejected, EngineException.TooLarge), (tooLarge.Error, tooLarge.Code));
            await world.Control.SetFaults(Number, new() { MediaGone = true });
            var gone = await Assert.ThrowsAsync<EngineException>(() =>
                world.Engine.FetchMedia(Number, 1, echo.File, target, 1_000_000, CancellationToken.None));
            Assert.Equal(EngineError.Gone, gone.Error);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Reading_a_chat_is_noted_beside_its_messages()
    {
        await using var world = SandboxWorld.Start();
        await world.Connect(Number);
        var injected = (await world.Control.Inject(Number, new() { From = Anybody })).Value!;
        await world.Inbox.Next<EngineEvent.MessageReceived>(Number);

        await world.Engine.MarkRead(Number, 1, injected.Jid, [new(injected.WhatsAppId, null)], CancellationToken.None);

        Assert.NotNull(Assert.Single((await world.Control.Inbound(Number, All)).Value!.Data).ReadAt);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_phones_ids_and_times_and_another_seed_others()
    {
        var (one, same, other) = (await Story("a"), await Story("a"), await Story("b"));

        Assert.Equal(one, same);
        Assert.NotEqual(one, other);

        static async Task<IReadOnlyList<string>> Story(string seed)
        {
            await using var world = SandboxWorld.Start(options =>
            {
                options.Seed = seed;
                options.EchoDelay = TimeSpan.FromSeconds(1);
                options.HistoryChats = 2;
                options.HistoryMessages = 3;
            });
            await world.Connect(Number);
            var past = await world.Inbox.Next<EngineEvent.HistoryReceived>(Number);
            await world.Send(Number, "4915112345678-1600000000@g.us", "G1");
            world.Clock.Advance(TimeSpan.FromSeconds(2));
            var events = await world.Inbox.Next(Number, 8);
            return
            [
                (await world.Control.Get(Number)).Value!.Phone!,
                .. past.Messages.Select(message => $"{message.WhatsAppId} {message.Jid} {message.Timestamp:O}"),
                .. events.Select(Describe),
            ];
        }
    }

    /// <summary>A record that can be made to say only later what becomes of a connection, and then at once.</summary>
    private static (MemorySandboxRecord Record, TaskCompletionSource Openings) Slow() => (new(), new());

    private static string Describe(EngineEvent evt) => System.Text.Encoding.UTF8.GetString(SandboxEvents.Write(evt));
}
