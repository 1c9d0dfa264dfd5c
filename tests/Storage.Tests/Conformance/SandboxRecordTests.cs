using Loopwave.Sandbox;

namespace Loopwave.Storage.Tests.Conformance;

/// <summary>What every record of the simulated network promises.</summary>
public abstract class SandboxRecordTests(ISandboxRecord record) : IAsyncDisposable
{
    protected const string Number = "n0000000001";

    protected static readonly DateTimeOffset Now = new(2026, 6, 29, 10, 15, 0, 123, TimeSpan.Zero);

    protected ISandboxRecord Record { get; } = record;

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_number_never_heard_of_has_no_account_and_no_mail()
    {
        Assert.Equal(new SandboxStored(null, 0), await Record.Load(Number));
        Assert.Empty(await Record.Waiting(Number));
        Assert.Null(await Record.NumberOf("88812345678901"));
    }

    [Fact]
    public async Task An_account_comes_back_as_it_was_saved_last_together_with_its_mail()
    {
        var account = new SandboxAccount
        {
            Number = Number,
            Phone = "88812345678901",
            Lid = "1@lid",
            PushName = "Dana",
            DeviceKey = [1, 2, 3],
            Links = 2,
            Faults = new() { Deaf = true, RefuseOpens = 402, RefuseOpensUntil = Now },
            AutoLink = false,
            History = new(3, 4),
            HistoryAt = Now,
        };
        await Record.Save(account with { Phone = "1" }, []);
        await Record.Save(account, [Mail(1), Mail(2)]);

        var stored = await Record.Load(Number);

        Assert.Equal(2, stored.Waiting);
        Assert.Equal(account.DeviceKey, stored.Account!.DeviceKey);
        Assert.Equal(account with { DeviceKey = null }, stored.Account with { DeviceKey = null });
        Assert.Equal(Number, await Record.NumberOf("88812345678901"));
        Assert.Null(await Record.NumberOf("1"));
    }

    [Fact]
    public async Task Waiting_mail_comes_by_due_time_and_then_by_order()
    {
        await Record.Post([Mail(3, dueIn: 5), Mail(4), Mail(5, dueIn: 5)]);
        await Record.Post([Mail(6), Mail(7, number: "n0000000002")]);

        var waiting = await Record.Waiting(Number);

        Assert.Equal([4L, 6, 3, 5], waiting.Select(mail => mail.Order));
        Assert.Equivalent(Mail(3, dueIn: 5), waiting[2], strict: true);
    }

    [Fact]
    public async Task Forgotten_mail_waits_no_more_but_messages_stay_in_the_record()
    {
        await Record.Post([Mail(1, id: "M1"), Mail(2), Mail(3, id: "M3")]);

        await Record.Forget(Number, [1, 2], Now.AddSeconds(1));
        await Record.Forget(Number, [1, 2], Now.AddSeconds(9));

        Assert.Equal(3, Assert.Single(await Record.Waiting(Number)).Order);
        Assert.Equal(1, (await Record.Load(Number)).Waiting);
        var inbound = await Record.Inbound(Number, 0, 10);
        Assert.Equal([("M1", Now.AddSeconds(1)), ("M3", null)], inbound.Select(message => (message.WhatsAppId, message.AcknowledgedAt)));
        Assert.Equal("M3", Assert.Single(await Record.Inbound(Number, 1, 10)).WhatsAppId);
        Assert.Single(await Record.Inbound(Number, 0, 1));
    }

    [Fact]
    public async Task A_message_is_answered_once_as_the_first_and_then_as_a_repeat()
    {
        Assert.True(await Record.Receive(Arrival(1), [Mail(2), Mail(3)], [Mail(4)]));
        Assert.Equal([2L, 3], (await Record.Waiting(Number)).Select(mail => mail.Order));

        Assert.False(await Record.Receive(Arrival(5), [Mail(6)], [Mail(7)]));
        Assert.Equal([2L, 3, 7], (await Record.Waiting(Number)).Select(mail => mail.Order));
    }

    [Fact]
    public async Task A_message_that_was_noted_only_is_answered_as_the_first_later()
    {
        Assert.False(await Record.Receive(Arrival(1), null, null));
        Assert.False(await Record.Receive(Arrival(2), null, null));
        Assert.Empty(await Record.Waiting(Number));

        Assert.True(await Record.Receive(Arrival(3), [Mail(4)], [Mail(5)]));

        Assert.Equal(4, Assert.Single(await Record.Waiting(Number)).Order);
        Assert.Equal(3, Assert.Single(await Record.Sent(Number, null, 0, 10)).Count);
    }

    [Fact]
    public async Task Every_arrival_is_recorded_with_its_place_and_bytes()
    {
        await Record.Receive(Arrival(1), [], []);
        await Record.Receive(Arrival(2, "B"), [], []);
        await Record.Receive(Arrival(3, epoch: 2, hash: "ff"), [], []);
        await Record.Receive(Arrival(4, jid: "2@s.whatsapp.net"), [], []);

        var sent = await Record.Sent(Number, null, 0, 10);

        Assert.Equal([("A", 2), ("B", 1), ("A", 1)], sent.Select(message => (message.WhatsAppId, message.Count)));
        Assert.Equal(new SandboxArrival(1, 100, 1, Now, "00"), sent[0].First);
        Assert.Equal([new SandboxArrival(3, 100, 2, Now, "ff")], sent[0].Repeats);
        Assert.Equal(("message", "Hi"), (sent[0].Kind, sent[0].Text));
        Assert.Empty(sent[2].Repeats);
        Assert.Equal([1L, 2], (await Record.Sent(Number, "1@s.whatsapp.net", 0, 10)).Select(message => message.First.Order));
        Assert.Equal([2L], (await Record.Sent(Number, null, 1, 1)).Select(message => message.First.Order));
        Assert.Empty(await Record.Sent("n0000000002", null, 0, 10));
    }

    [Fact]
    public async Task A_read_mark_counts_from_the_first_time()
    {
        await Record.Post([Mail(1, id: "M1"), Mail(2, id: "M2")]);

        await Record.MarkRead(Number, ["M1", "unknown"], Now.AddSeconds(1));
        await Record.MarkRead(Number, ["M1"], Now.AddSeconds(2));

        Assert.Equal([Now.AddSeconds(1), null], (await Record.Inbound(Number, 0, 10)).Select(message => message.ReadAt));
    }

    [Fact]
    public async Task Connections_are_kept_with_start_and_the_first_end()
    {
        await Record.Opened(new(1, Number, 1, "host", Now));
        await Record.Ended(Number, 1, 3, Now.AddSeconds(1), "440");
        await Record.Ended(Number, 1, 9, Now.AddSeconds(9), "again");
        await Record.Opened(new(4, Number, 2, "host", Now.AddSeconds(2)));

        Assert.Equal(
            [
                new SandboxConnectionView(1, 1, "host", Now, Now.AddSeconds(1), 3, "440"),
                new SandboxConnectionView(4, 2, "host", Now.AddSeconds(2), null, null, null),
            ],
            await Record.Connections(Number, 0, 10));
        Assert.Equal(4, Assert.Single(await Record.Connections(Number, 1, 10)).Id);
    }

    [Fact]
    public async Task A_connection_replaces_the_one_before_it_and_stands_unless_a_later_one_was_here_first()
    {
        Assert.Equal(SandboxOpening.Stands, await Record.Opened(new(10, Number, 1, "host", Now)));
        Assert.Equal(SandboxOpening.Stands, await Record.Opened(new(30, Number, 1, "host", Now.AddSeconds(3))));

        Assert.Equal(SandboxOpening.Replaced, await Record.Opened(new(20, Number, 1, "late", Now.AddSeconds(2))));
        await Record.Ended(Number, 20, 40, Now.AddSeconds(4), "440");
        Assert.Equal(SandboxOpening.Stands, await Record.Opened(new(20, "n0000000002", 1, "host", Now)));
        await Record.Ended(Number, 30, 50, Now.AddSeconds(5), "closed");
        Assert.Equal(SandboxOpening.Replaced, await Record.Opened(new(25, Number, 1, "late", Now.AddSeconds(6))));

        Assert.Equal(
            [
                new SandboxConnectionView(10, 1, "host", Now, Now.AddSeconds(3), 30, "replaced"),
                new SandboxConnectionView(30, 1, "host", Now.AddSeconds(3), Now.AddSeconds(5), 50, "closed"),
            ],
            await Record.Connections(Number, 0, 10));
    }

    [Fact]
    public async Task Of_connections_that_begin_at_the_same_time_the_latest_stands()
    {
        long[] orders = [3, 1, 4, 2, 9, 6, 5, 8, 7];

        var openings = await Task.WhenAll(orders.Select(order => Record.Opened(new(order, Number, 1, "host", Now))));

        Assert.Equal(SandboxOpening.Stands, openings[Array.IndexOf(orders, 9)]);
        var stood = orders.Where((_, i) => openings[i] is SandboxOpening.Stands).Order();
        var connections = await Record.Connections(Number, 0, 10);
        Assert.Equal(stood, connections.Select(one => one.Id));
        Assert.Equal([.. connections.Skip(1).Select(one => (long?)one.Id), null], connections.Select(one => one.EndOrder));
    }

    [Fact]
    public async Task Pruning_takes_what_is_done_and_old_and_nothing_that_waits()
    {
        await Record.Receive(Arrival(1), [Mail(2, id: "M2"), Mail(3, id: "M3")], []);
        await Record.Receive(Arrival(4, "B") with { At = Now.AddDays(2) }, [], []);
        await Record.Opened(new(5, Number, 1, "host", Now));
        await Record.Ended(Number, 5, 7, Now, "closed");
        await Record.Opened(new(8, Number, 1, "host", Now));
        await Record.Forget(Number, [2], Now);

        await Record.Prune(Now.AddDays(1));

        Assert.Equal("B", Assert.Single(await Record.Sent(Number, null, 0, 10)).WhatsAppId);
        Assert.Equal("M3", Assert.Single(await Record.Inbound(Number, 0, 10)).WhatsAppId);
        Assert.Equal(8, Assert.Single(await Record.Connections(Number, 0, 10)).Id);
    }

    protected static SandboxMail Mail(long order, string? id = null, int dueIn = 0, string number = Number) =>
        new(number, order, Now, Now.AddSeconds(dueIn), id, id is null ? null : "1@s.whatsapp.net", [1, 2, (byte)order]);

    protected static SandboxArrivalRow Arrival(
        long order, string id = "A", long epoch = 1, string hash = "00", string jid = "1@s.whatsapp.net") =>
        new(Number, id, jid, jid, "message", "Hi", order, 100, epoch, Now, hash);
}

/// <summary>Where only one process can have the data: a new one goes on where the last one ended.</summary>
public abstract class SoleSandboxRecordTests(ISandboxRecord record) : SandboxRecordTests(record)
{
    [Fact]
    public async Task A_new_process_ends_what_the_old_one_left_open()
    {
        await Record.Opened(new(1, Number, 1, "host", Now));
        await Record.Ended(Number, 1, 2, Now.AddSeconds(1), "440");
        await Record.Opened(new(3, Number, 2, "host", Now.AddSeconds(2)));

        var orders = await Record.Begin(Now.AddSeconds(5));

        Assert.Equal(
            [
                new SandboxConnectionView(1, 1, "host", Now, Now.AddSeconds(1), 2, "440"),
                new SandboxConnectionView(3, 2, "host", Now.AddSeconds(2), Now.AddSeconds(5), 4, "process"),
            ],
            await Record.Connections(Number, 0, 10));
        Assert.Equal(new SandboxOrders(4), orders);
    }

    /// <summary>The servers' side outlives a restored copy of ours, in which epochs begin lower.</summary>
    [Fact]
    public async Task An_epoch_that_begins_again_shuts_nobody_out()
    {
        await Record.Opened(new(1, Number, 7, "host", Now));

        Assert.Equal(SandboxOpening.Stands, await Record.Opened(new(2, Number, 3, "host", Now)));
    }

    [Fact]
    public async Task A_new_process_goes_on_above_every_order_in_use()
    {
        Assert.InRange((await Record.Begin(Now)).After, 0, 1);
        await Record.Receive(Arrival(7), [Mail(8)], []);
        await Record.Receive(Arrival(9), [], []);
        Assert.InRange((await Record.Begin(Now)).After, 9, 10);
        await Record.Post([Mail(20)]);
        Assert.InRange((await Record.Begin(Now)).After, 20, 21);
    }
}

/// <summary>Where several processes share the data.</summary>
public abstract class SharedSandboxRecordTests(ISandboxRecord record) : SandboxRecordTests(record)
{
    private const int Rounds = 30;

    /// <summary>The record as another process has it.</summary>
    protected abstract Task<ISandboxRecord> Another();

    [Fact]
    public async Task No_two_processes_draw_the_same_order()
    {
        var orders = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Record.Begin(Now)));
        Assert.Equal(10, orders.Select(one => one.After % one.Step).Distinct().Count());
        Assert.All(orders, one => Assert.True(one.AreShared));
    }

    [Fact]
    public async Task A_number_says_how_far_it_has_come_wherever_that_was()
    {
        Assert.Equal(0, (await Record.Load(Number)).Highest);
        await Record.Post([Mail(5), Mail(99, number: "n0000000002")]);
        Assert.Equal(5, (await Record.Load(Number)).Highest);
        await Record.Receive(Arrival(7), [], []);
        await Record.Receive(Arrival(8), [], []);
        Assert.Equal(8, (await Record.Load(Number)).Highest);
        await Record.Opened(new(10, Number, 1, "host", Now));
        Assert.Equal(10, (await Record.Load(Number)).Highest);
        await Record.Ended(Number, 10, 12, Now, "closed");
        Assert.Equal(12, (await Record.Load(Number)).Highest);
    }

    [Fact]
    public async Task A_process_that_begins_leaves_the_connections_of_others_alone_until_one_of_its_own_replaces_them()
    {
        await Record.Opened(new(10, Number, 1, "one", Now));
        await Record.Opened(new(11, "n0000000002", 1, "one", Now));

        await Record.Begin(Now);
        Assert.Null(Assert.Single(await Record.Connections(Number, 0, 10)).To);

        await Record.Opened(new(20, Number, 2, "two", Now.AddSeconds(5)));
        await Record.Ended(Number, 10, 30, Now.AddSeconds(9), "closed");

        var connections = await Record.Connections(Number, 0, 10);
        Assert.Equal([(Now.AddSeconds(5), "replaced"), ((DateTimeOffset?)null, null)], connections.Select(one => (one.To, one.End)));
        Assert.Null(Assert.Single(await Record.Connections("n0000000002", 0, 10)).To);
    }

    [Fact]
    public async Task A_connection_of_an_earlier_owner_does_not_stand_however_high_its_order()
    {
        var other = await Another();
        await other.Opened(new(20, Number, 2, "two", Now));

        Assert.Equal(SandboxOpening.Replaced, await Record.Opened(new(10, Number, 1, "one", Now)));
        Assert.Equal(SandboxOpening.Replaced, await Record.Opened(new(30, Number, 1, "one", Now)));

        Assert.Equal((20L, null), Assert.Single((await Record.Connections(Number, 0, 10)).Select(one => (one.Id, one.To))));
    }

    [Fact]
    public async Task A_later_owner_whose_order_is_below_what_the_number_had_meanwhile_is_told_and_stands_with_a_higher_one()
    {
        var other = await Another();
        await Record.Opened(new(30, Number, 1, "one", Now));
        Assert.Equal(SandboxOpening.Behind, await other.Opened(new(20, Number, 2, "two", Now)));
        await Record.Ended(Number, 30, 50, Now.AddSeconds(1), "closed");
        Assert.Equal(SandboxOpening.Behind, await other.Opened(new(40, Number, 2, "two", Now)));

        var highest = (await other.Load(Number)).Highest;
        Assert.Equal(SandboxOpening.Stands, await other.Opened(new(highest + 1, Number, 2, "two", Now.AddSeconds(2))));

        Assert.Equal([(30L, 50L), (51L, (long?)null)], (await Record.Connections(Number, 0, 10)).Select(one => (one.Id, one.EndOrder)));
    }

    [Fact]
    public async Task Of_two_processes_that_connect_a_number_at_the_same_time_one_stands()
    {
        var other = await Another();
        for (var round = 0; round < Rounds; round++)
        {
            var (number, isAhead, order) = ($"n{round}", round % 2 == 1, round * 100L);
            var (early, late) = (new SandboxConnectionRow(order + (isAhead ? 20 : 10), number, 1, "one", Now), new SandboxConnectionRow(order + 15, number, 2, "two", Now));

            var (one, two) = (Task.Run(() => Record.Opened(early)), Task.Run(() => other.Opened(late)));

            // Whoever was first: the later owner has it, or has to come again above the order of the earlier one.
            var connections = await Settled(one, two, number);
            Assert.Equal(isAhead && await one is SandboxOpening.Stands ? SandboxOpening.Behind : SandboxOpening.Stands, await two);
            Assert.Equal(await two is SandboxOpening.Stands ? "two" : "one", connections[^1].Host);
            Assert.Null(connections[^1].EndOrder);
        }
    }

    [Fact]
    public async Task A_number_that_changes_hands_while_its_connection_ends_has_one_after_the_other()
    {
        var other = await Another();
        for (var round = 0; round < Rounds; round++)
        {
            var (number, order) = ($"n{round}", round * 100L);
            await Record.Opened(new(order + 10, number, 1, "one", Now));

            var ending = Task.Run(() => Record.Ended(number, order + 10, order + 20, Now, "closed"));
            var opening = Task.Run(() => other.Opened(new(order + 15, number, 2, "two", Now)));

            var connections = await Settled(ending, opening, number);
            Assert.Equal(order + (await opening is SandboxOpening.Stands ? 15 : 20), connections[0].EndOrder);
            Assert.Equal(await opening is SandboxOpening.Stands ? 2 : 1, connections.Count);
        }
    }

    private async Task<IReadOnlyList<SandboxConnectionView>> Settled(Task one, Task two, string number)
    {
        await Task.WhenAll(one, two);
        var connections = await Record.Connections(number, 0, 10);
        Assert.All(connections.Zip(connections.Skip(1)), pair => Assert.True(pair.First.EndOrder <= pair.Second.Id && pair.First.Epoch <= pair.Second.Epoch));
        return connections;
    }
}
