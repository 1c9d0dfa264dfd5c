using Loopwave.Engines;
using Loopwave.Messages;
using Xunit;

namespace Loopwave.Grains.Tests.Messages;

public sealed class SendQueueTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 29, 10, 0, 0, TimeSpan.Zero);
    private static readonly Connection First = new("first", Now);
    private static readonly Connection Second = new("second", At(60));
    private static readonly SendRules Unpaced = new() { ShortestGap = TimeSpan.Zero, LongestGap = TimeSpan.Zero };

    [Fact]
    public void One_message_of_a_chat_is_on_its_way_at_a_time_and_other_chats_go_on()
    {
        var queue = Queue(Row(1, "c_a"), Row(2, "c_a"), Row(3, "c_b"));

        Assert.Equal([1, 3], Sends(queue, Now));
        Hand(queue, 1, First, Now);
        Assert.Equal([3], Sends(queue, Now));
        Hand(queue, 3, First, Now);
        Assert.Empty(Sends(queue, Now));

        queue.Done(1);
        Assert.Equal([2], Sends(queue, Now));
    }

    [Fact]
    public void A_scheduled_message_blocks_nobody_and_takes_its_place_when_it_is_due()
    {
        var queue = Queue(Row(1, "c_a", due: 3600), Row(2, "c_a"), Row(3, "c_a"));

        Assert.Equal([2], Sends(queue, Now));
        Assert.Equal(At(3600), queue.Plan(Now, null, 10).NextAt);
        Assert.Equal([1], Sends(queue, At(3600)));
    }

    [Fact]
    public void A_new_message_waits_for_its_commit_and_nothing_of_its_chat_passes_it()
    {
        var queue = Queue();
        queue.Accept(Row(1, "c_a"), Now);
        queue.Accept(Row(2, "c_a"), Now);
        queue.Accepted(2);

        Assert.Empty(Sends(queue, Now));
        queue.Accepted(1);
        Assert.Equal([1], Sends(queue, Now));
    }

    [Fact]
    public void A_message_whose_commit_is_under_way_does_not_expire_and_then_does()
    {
        var queue = Queue();
        queue.Accept(Row(1, "c_a", expires: 10), Now);

        Assert.Empty(queue.Plan(At(20), First, 10).Expired);
        queue.Accepted(1);
        Assert.Equal([1], Ids(queue.Plan(At(20), First, 10).Expired));
    }

    [Fact]
    public void What_was_claimed_before_a_restart_is_sent_again_and_can_still_expire()
    {
        var claimed = Row(1, "c_a") with { State = QueueState.Claimed, Epoch = 3 };

        Assert.Equal([1], Sends(Queue(claimed), Now));
        Assert.Equal([1], Ids(Queue(claimed).Plan(At(86400), First, 10).Expired));

        // Also where the clock was set back over the restart, and it is not due for the moment.
        var queue = new SendQueue(Unpaced);
        queue.Add(claimed, At(-3600));
        Assert.Equal([1], Sends(queue, Now));
    }

    [Fact]
    public void What_expired_is_said_until_it_is_done_and_is_not_sent_meanwhile()
    {
        var queue = Queue(Row(1, "c_a", expires: 10), Row(2, "c_a"));

        for (var i = 0; i < 2; i++)
        {
            var plan = queue.Plan(At(10), First, 10);
            Assert.Equal([1], Ids(plan.Expired));
            Assert.Equal([2], Ids(plan.Send));
        }

        queue.Done(1);
        Assert.Empty(queue.Plan(At(10), First, 10).Expired);
    }

    [Fact]
    public void What_expires_while_it_is_prepared_is_no_longer_claimed()
    {
        var queue = Queue(Row(1, "c_a", expires: 10));
        Claim(queue, 1);

        Assert.Equal(At(10), queue.Plan(At(9), First, 10).NextAt);
        Assert.Equal([1], Ids(queue.Plan(At(10), First, 10).Expired));
        Assert.Equal(QueueState.Queued, queue.Find(1)!.State);
        Assert.False(queue.Handed(Row(1, "c_a") with { State = QueueState.Handed }, "first", At(10), TimeSpan.Zero));
        Assert.False(queue.Returned(Row(1, "c_a"), At(10)));
    }

    [Fact]
    public void What_expired_before_anybody_looked_again_is_not_handed_over()
    {
        var queue = Queue(Row(1, "c_a", expires: 10));
        Claim(queue, 1);

        Assert.False(queue.Handed(Row(1, "c_a", expires: 10) with { State = QueueState.Handed, Attempts = 1 }, "first", At(10), TimeSpan.Zero));
        Assert.Equal([1], Ids(queue.Plan(At(10), First, 10).Expired));
    }

    [Fact]
    public void What_came_back_can_still_expire()
    {
        var queue = Queue(Row(1, "c_a", expires: 10));
        Claim(queue, 1);
        queue.Returned(queue.Find(1)!, At(5));

        Assert.Equal([1], Ids(queue.Plan(At(10), First, 10).Expired));
    }

    [Fact]
    public void What_failed_to_be_prepared_keeps_its_place_while_it_rests()
    {
        var queue = Queue(Row(1, "c_a"), Row(2, "c_a"), Row(3, "c_b"));
        Claim(queue, 1);
        queue.Returned(queue.Find(1)! with { Failures = 1, DueAt = At(5) }, Now);

        Assert.Equal([3], Sends(queue, At(4)));
        Assert.Equal(At(5), queue.Plan(At(4), null, 10).NextAt);
        Assert.Equal([1, 3], Sends(queue, At(5)));
    }

    [Fact]
    public void What_failed_before_a_restart_keeps_its_place_too()
    {
        var queue = Queue(Row(1, "c_a", due: 5) with { Failures = 1 }, Row(2, "c_a"));

        Assert.Empty(Sends(queue, At(4)));
        Assert.Equal([1], Sends(queue, At(5)));
    }

    [Fact]
    public void What_came_back_is_not_tried_again_at_once_unless_the_connection_is_another()
    {
        var queue = Queue(Row(1, "c_a"));
        Assert.Equal([1], Sends(queue, Now));
        Claim(queue, 1);
        queue.Returned(queue.Find(1)!, Now);

        Assert.Empty(Sends(queue, At(0.9)));
        Assert.Equal([1], Ids(queue.Plan(At(0.9), new Connection("other", At(0.9)), 10).Send));
        Assert.Equal([1], Sends(queue, At(1)));
    }

    [Fact]
    public void An_unanswered_message_makes_the_connection_deaf_and_is_repeated_on_the_next_one_after_a_grace()
    {
        var queue = Queue(Row(1, "c_a"), Row(2, "c_b"));
        Hand(queue, 1, First, Now);

        Assert.Equal((false, At(30)), (queue.Plan(At(29), First, 0).Deaf, queue.Plan(At(29), First, 0).NextAt));
        var deaf = queue.Plan(At(30), First, 10);
        Assert.True(deaf.Deaf);
        Assert.Empty(deaf.Send);
        Assert.NotEqual(At(30), deaf.NextAt);

        Assert.Empty(queue.Plan(At(61), Second, 10).Repeat);
        Assert.Equal(At(62), queue.Plan(At(61), Second, 10).NextAt);
        Assert.Equal([1], Ids(queue.Plan(At(62), Second, 10).Repeat));
    }

    [Fact]
    public void A_message_is_repeated_once_on_each_connection_and_uncertain_after_the_fourth()
    {
        var queue = Queue(Row(1, "c_a"));
        Hand(queue, 1, First, Now);
        for (var i = 2; i <= 4; i++)
        {
            var connection = new Connection($"connection {i}", At(i * 100));
            Assert.Equal([1], Ids(queue.Plan(At((i * 100) + 2), connection, 10).Repeat));
            Hand(queue, 1, connection, At((i * 100) + 2));
            Assert.Empty(queue.Plan(At((i * 100) + 3), connection, 10).Repeat);
        }

        var last = new Connection("last", At(500));
        Assert.Empty(queue.Plan(At(501), last, 10).Uncertain);
        Assert.Equal([1], Ids(queue.Plan(At(502), last, 10).Uncertain));
    }

    [Fact]
    public void What_was_handed_over_twice_without_an_answer_is_repeated_one_after_the_other_and_holds_up_nothing_else()
    {
        var queue = Queue(Twice(1, "c_a"), Twice(2, "c_b"), Row(3, "c_c") with { State = QueueState.Handed, Attempts = 1 }, Row(4, "c_d"));

        var first = queue.Plan(At(62), Second, 10);
        Assert.Equal([3, 1], Ids(first.Repeat));
        Assert.Equal([4], Ids(first.Send));
        Hand(queue, 3, Second, At(62));
        Hand(queue, 1, Second, At(62));
        Assert.Empty(queue.Plan(At(63), Second, 10).Repeat);

        queue.Done(1);
        Assert.Equal([2], Ids(queue.Plan(At(64), Second, 10).Repeat));

        static QueueItem Twice(long sequence, string chat) => Row(sequence, chat) with { State = QueueState.Handed, Attempts = 2 };
    }

    [Fact]
    public void Of_many_messages_one_that_ends_every_connection_is_uncertain_after_its_fourth_and_the_others_are_sent()
    {
        var queue = Queue([.. Enumerable.Range(1, 20).Select(sequence => Row(sequence, $"c_{sequence}"))]);
        var uncertain = new List<long>();
        for (var i = 1; queue.Count > 0 && i < 100; i++)
        {
            var connection = new Connection($"connection {i}", At(i * 100));
            var isOpen = true;
            while (isOpen && queue.Plan(At((i * 100) + 2), connection, 64) is var plan && plan.Send.Count + plan.Repeat.Count + plan.Uncertain.Count > 0)
            {
                uncertain.AddRange(Ids(plan.Uncertain));
                uncertain.ForEach(queue.Done);
                var handed = Ids(plan.Repeat).Concat(Ids(plan.Send)).ToList();
                handed.ForEach(sequence => Hand(queue, sequence, connection, At((i * 100) + 2)));

                // The one takes the process with it before any other of the same moment is answered.
                isOpen = !handed.Contains(7);
                handed.Where(_ => isOpen).ToList().ForEach(queue.Done);
            }
        }

        Assert.Equal([7], uncertain);
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public void A_handed_message_of_a_number_that_never_comes_back_becomes_uncertain_when_its_time_is_over()
    {
        var queue = Queue(Row(1, "c_a"));
        Hand(queue, 1, First, Now);

        Assert.Equal(At(86400), queue.Plan(At(100), null, 10).NextAt);
        Assert.Empty(queue.Plan(At(86399), null, 10).Uncertain);
        Assert.Equal([1], Ids(queue.Plan(At(86400), null, 10).Uncertain));
        Assert.Empty(queue.Plan(At(86400), null, 10).Expired);
    }

    [Fact]
    public void After_a_restart_a_handed_message_blocks_its_chat_until_it_is_settled()
    {
        var queue = Queue(Row(1, "c_a") with { State = QueueState.Handed, Attempts = 1, HandedAt = Now }, Row(2, "c_a"));

        Assert.Equal([1], Ids(queue.Plan(At(2), First, 10).Repeat));
        Assert.Empty(Sends(queue, At(2)));
        queue.Done(1);
        Assert.Equal([2], Sends(queue, At(2)));
    }

    [Fact]
    public void A_connection_of_which_other_things_are_heard_is_not_deaf_before_four_times_as_long()
    {
        var queue = Queue(Row(1, "c_a"));
        Hand(queue, 1, First, Now);

        queue.Heard(At(25));
        Assert.Equal((false, At(55)), (queue.Plan(At(30), First, 10).Deaf, queue.Plan(At(30), First, 10).NextAt));
        queue.Heard(At(50));
        queue.Heard(At(75));
        queue.Heard(At(100));
        Assert.Equal((false, At(120)), (queue.Plan(At(119), First, 10).Deaf, queue.Plan(At(119), First, 10).NextAt));
        Assert.True(queue.Plan(At(120), First, 10).Deaf);
    }

    [Fact]
    public void What_was_heard_before_a_message_was_handed_over_or_before_a_reload_is_counted_right()
    {
        var before = Queue(Row(1, "c_a"));
        before.Heard(Now);
        Hand(before, 1, First, At(10));
        Assert.Equal((false, true), (before.Plan(At(39), First, 10).Deaf, before.Plan(At(40), First, 10).Deaf));

        before.Heard(At(35));
        var after = new SendQueue(Unpaced);
        after.Add(before.Find(1)!, At(50));
        after.TakeOver(before);
        Assert.Equal((false, true), (after.Plan(At(64), First, 10).Deaf, after.Plan(At(65), First, 10).Deaf));
    }

    [Fact]
    public void After_a_reload_a_message_is_not_repeated_on_the_connection_it_was_handed_to()
    {
        var before = Queue(Row(1, "c_a"));
        Hand(before, 1, First, At(10));
        var after = new SendQueue(Unpaced);
        after.Add(before.Find(1)!, At(20));
        after.TakeOver(before);

        Assert.Empty(after.Plan(At(39), First, 10).Repeat);
        Assert.Equal((false, true), (after.Plan(At(39), First, 10).Deaf, after.Plan(At(40), First, 10).Deaf));
        Assert.Equal([1], Ids(after.Plan(At(62), Second, 10).Repeat));
    }

    [Fact]
    public void An_answer_that_could_not_be_stored_is_waited_for_once_more_before_anything_is_repeated()
    {
        var before = Queue(Row(1, "c_a"), Row(2, "c_a"));
        Hand(before, 1, First, At(10));
        before.Plan(At(10), First, 10);
        var stored = before.Find(1)!;
        before.Done(1);
        var after = new SendQueue(Unpaced);
        after.Add(stored, At(20));
        after.Add(before.Find(2)!, At(20));
        after.TakeOver(before);

        Assert.Empty(after.Plan(At(49), First, 10).Repeat);
        Assert.Empty(after.Plan(At(49), First, 10).Send);
        Assert.True(after.Plan(At(50), First, 10).Deaf);
        Assert.Equal([1], Ids(after.Plan(At(62), Second, 10).Repeat));
    }

    [Fact]
    public void A_paced_number_hands_over_one_message_a_gap_and_repeats_count_too()
    {
        var queue = new SendQueue(new SendRules());
        queue.Add(Row(1, "c_a") with { State = QueueState.Handed, Attempts = 1 }, Now);
        queue.Add(Row(2, "c_b") with { State = QueueState.Handed, Attempts = 1 }, Now);
        queue.Add(Row(3, "c_c"), Now);

        var plan = queue.Plan(At(2), First, 10);
        Assert.Equal([1], Ids(plan.Repeat));
        Assert.Empty(plan.Send);
        Assert.Equal(At(3.5), plan.NextAt);
        Hand(queue, 1, First, At(2), gap: 1.5);
        Assert.Equal(At(3.5), queue.Plan(At(3), First, 10).NextAt);
        Assert.Equal([2], Ids(queue.Plan(At(3.5), First, 10).Repeat));
        Hand(queue, 2, First, At(3.5), gap: 0.5);
        Assert.Equal([3], Sends(queue, At(4)));
    }

    [Fact]
    public void While_one_message_is_prepared_no_other_starts_unless_it_takes_longer_than_a_gap()
    {
        var queue = new SendQueue(new SendRules());
        queue.Add(Row(1, "c_a"), Now);
        queue.Add(Row(2, "c_b"), Now);
        Assert.Equal([1], Sends(queue, Now));
        Claim(queue, 1);

        Assert.Empty(Sends(queue, At(1.4)));
        Assert.Equal(At(1.5), queue.Plan(At(1.4), First, 10).NextAt);
        Assert.Equal([2], Sends(queue, At(1.5)));
    }

    [Fact]
    public void No_more_rows_are_prepared_at_once_than_the_limit_allows()
    {
        var queue = Queue([.. Enumerable.Range(1, 10).Select(i => Row(i, $"c_{i}"))]);
        foreach (var item in queue.Plan(Now, First, 4).Send)
        {
            Claim(queue, item.Sequence);
        }

        Assert.Empty(queue.Plan(Now, First, 4).Send);
        Hand(queue, 2, First, Now);
        Assert.Equal([5], Ids(queue.Plan(Now, First, 4).Send));
    }

    [Theory]
    [InlineData(-3600)]
    [InlineData(-86400)]
    public void A_clock_set_back_prolongs_no_gap_no_pause_no_grace_and_no_wait_for_an_answer(double jump)
    {
        var queue = new SendQueue(new SendRules());
        queue.Add(Row(1, "c_a"), Now);
        queue.Add(Row(2, "c_b"), Now);
        queue.Add(Row(3, "c_c"), Now);
        Claim(queue, 3);
        queue.Returned(queue.Find(3)! with { Failures = 1, DueAt = At(5) }, Now);
        Hand(queue, 1, First, Now, gap: 1.5);

        Assert.Equal([2], Sends(queue, At(1.5), At(jump), At(jump + 1.5)));
        Hand(queue, 2, First, At(jump + 1.5), gap: 0);
        Assert.Equal([3], Sends(queue, At(jump + 5)));
        Assert.True(queue.Plan(At(jump + 30), First, 10).Deaf);

        var back = new Connection("opened before the jump", At(40));
        Assert.Equal([1], Ids(queue.Plan(At(jump + 41), back, 10).Repeat.Concat(queue.Plan(At(jump + 43), back, 10).Repeat)));
    }

    [Fact]
    public void A_full_queue_says_so_and_when_to_come_again()
    {
        var queue = new SendQueue(new SendRules { Capacity = 200 });
        for (var i = 1; i <= 200; i++)
        {
            Assert.False(queue.IsFull);
            queue.Add(Row(i, "c_a"), Now);
        }

        Assert.True(queue.IsFull);
        Assert.Equal(TimeSpan.FromSeconds(2), queue.RetryAfter);
        Assert.Equal(TimeSpan.FromSeconds(1), Queue().RetryAfter);
    }

    [Fact]
    public void Rows_are_found_by_message_and_by_network_id_while_they_are_there()
    {
        var queue = Queue(Row(1, "c_a"), Row(2, "c_a") with { Kind = OutboundKind.Edit, Message = "m_1" });

        Assert.Equal(1, queue.FindByMessage("m_1")?.Sequence);
        Assert.Equal(2, queue.FindByWhatsAppId("3EB02")?.Sequence);
        queue.Done(2);
        Assert.Equal(1, queue.FindByMessage("m_1")?.Sequence);
        Assert.Null(queue.FindByWhatsAppId("3EB02"));
        queue.Done(1);
        Assert.Null(queue.FindByMessage("m_1"));
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public void What_is_done_cannot_be_claimed_handed_over_or_returned()
    {
        var queue = Queue(Row(1, "c_a"), Row(2, "c_a"));
        var planned = queue.Plan(Now, First, 10).Send[0];
        queue.Done(1);

        Assert.False(queue.Claimed(planned with { State = QueueState.Claimed }));
        Assert.False(queue.Handed(planned with { State = QueueState.Handed }, "first", Now, TimeSpan.Zero));
        Assert.False(queue.Returned(planned, Now));
        Assert.Equal(1, queue.Count);
        Assert.Equal([2], Sends(queue, Now));
    }

    /// <summary>Counted in what is allocated rather than in time, so that a busy machine changes nothing.</summary>
    [Fact]
    public void A_look_at_ten_thousand_rows_costs_no_more_than_a_look_at_a_hundred()
    {
        var few = CostOfPlans(Enumerable.Range(1, 100));
        var many = CostOfPlans(Enumerable.Range(1, 10_000));

        Assert.InRange(many, 0, few * 3);
    }

    private static double CostOfPlans(IEnumerable<int> rows)
    {
        var queue = new SendQueue(Unpaced);
        foreach (var i in rows)
        {
            queue.Add((i % 4) switch
            {
                0 => Row(i, $"c_{i}", due: 3600),
                1 => Row(i, $"c_{i}") with { State = QueueState.Handed, Attempts = 1, Prepared = [1] },
                _ => Row(i, $"c_{i % 500}"),
            }, Now);
        }

        queue.Plan(Now, First, 10);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            queue.Plan(At(0.01 * i), First, 10);
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    [Fact]
    public void What_did_not_leave_waits_for_no_answer_and_goes_first_in_its_chat_after_its_rest()
    {
        var queue = Queue(Row(1, "c_a"), Row(2, "c_a"), Row(3, "c_b"));
        Hand(queue, 1, First, Now);

        Assert.True(queue.NotSent(queue.Find(1)! with { Attempts = 0, DueAt = At(5) }, First.Id, Now));

        Assert.Equal([3], Sends(queue, Now));
        Assert.Equal((QueueState.Queued, At(5)), (queue.Find(1)!.State, queue.Plan(Now, First, 10).NextAt));
        Assert.False(queue.Plan(At(4), First, 10).Deaf);
        Assert.Equal([1, 3], Sends(queue, At(5)));
        Hand(queue, 1, First, At(40));
        Assert.False(queue.Plan(At(69), First, 10).Deaf);
        Assert.True(queue.Plan(At(70), First, 10).Deaf);
    }

    [Fact]
    public void What_did_not_leave_and_never_did_before_expires()
    {
        var queue = Queue(Row(1, "c_a", expires: 10));
        Hand(queue, 1, First, Now);
        queue.NotSent(queue.Find(1)! with { Attempts = 0, DueAt = At(60) }, First.Id, Now);

        Assert.Equal([1], Ids(queue.Plan(At(10), First, 10).Expired));
    }

    [Fact]
    public void A_repeat_that_did_not_leave_stays_handed_and_is_repeated_after_its_rest_on_the_same_connection()
    {
        var queue = Queue(Row(1, "c_a", expires: 100), Row(2, "c_a"));
        Hand(queue, 1, First, Now);
        Assert.Equal([1], Ids(queue.Plan(At(62), Second, 10).Repeat));
        Hand(queue, 1, Second, At(62));

        Assert.True(queue.NotSent(queue.Find(1)! with { Attempts = 1, DueAt = At(70) }, Second.Id, At(62)));

        Assert.Equal(QueueState.Handed, queue.Find(1)!.State);
        Assert.Empty(queue.Plan(At(69), Second, 10).Repeat);
        Assert.Equal([1], Ids(queue.Plan(At(70), Second, 10).Repeat));
        Assert.Empty(Sends(queue, At(70)));
        Assert.Equal([1], Ids(queue.Plan(At(100), Second, 10).Uncertain));
    }

    [Fact]
    public void What_went_to_another_connection_meanwhile_may_have_left_whatever_is_said_of_the_first()
    {
        var queue = Queue(Row(1, "c_a"));
        Hand(queue, 1, First, Now);
        var first = queue.Find(1)!;
        queue.Plan(At(62), Second, 10);
        Hand(queue, 1, Second, At(62));

        Assert.False(queue.NotSent(first with { Attempts = 0 }, First.Id, At(62)));
        Assert.Equal((QueueState.Handed, 2), (queue.Find(1)!.State, queue.Find(1)!.Attempts));
    }

    private static DateTimeOffset At(double seconds) => Now + TimeSpan.FromSeconds(seconds);

    private static QueueItem Row(long sequence, string chat, double due = 0, double expires = 86400) => new()
    {
        Number = "n1", Sequence = sequence, Chat = chat, Message = $"m_{sequence}", Kind = OutboundKind.Message,
        WhatsAppId = $"3EB0{sequence}", Jid = "919812345678@s.whatsapp.net", DueAt = At(due), ExpiresAt = At(expires),
    };

    private static SendQueue Queue(params QueueItem[] items)
    {
        var queue = new SendQueue(Unpaced);
        foreach (var item in items)
        {
            queue.Add(item, Now);
        }

        return queue;
    }

    private static IEnumerable<long> Ids(IEnumerable<QueueItem> items) => items.Select(item => item.Sequence);

    /// <summary>What is to be sent at the last of these times, having looked at each.</summary>
    private static IEnumerable<long> Sends(SendQueue queue, params DateTimeOffset[] times) =>
        times.Select(time => Ids(queue.Plan(time, First, 10).Send).ToList()).ToList()[^1];

    private static void Claim(SendQueue queue, long sequence) =>
        Assert.True(queue.Claimed(queue.Find(sequence)! with { State = QueueState.Claimed, Epoch = 1 }));

    private static void Hand(SendQueue queue, long sequence, Connection connection, DateTimeOffset now, double gap = 0)
    {
        if (queue.Find(sequence) is { State: QueueState.Queued })
        {
            Claim(queue, sequence);
        }

        var item = queue.Find(sequence)!;
        var handed = item with { State = QueueState.Handed, Attempts = item.Attempts + 1, HandedAt = now, Prepared = [1] };
        Assert.True(queue.Handed(handed, connection.Id, now, TimeSpan.FromSeconds(gap)));
    }
}
