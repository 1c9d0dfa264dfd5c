using Loopwave.Chaos.Ledger;
using Xunit;

namespace Loopwave.Chaos;

/// <summary>The ledger is worth as much as what it catches.</summary>
public sealed class LedgerCheckTests
{
    private const string Number = "n_1";
    private const string Anna = "4915111111111";

    private static readonly Claims TwoSends = new([Accepted(0, "one"), Accepted(1, "two")], []);
    private static readonly Evidence BothSent = new([OnWire("one", 10), OnWire("two", 20)], [Own("one"), Own("two")], [], []);

    [Fact]
    public void What_was_accepted_and_sent_once_in_order_is_fine()
    {
        var result = Judge(TwoSends, BothSent);

        Assert.Empty(result.Violations);
        Assert.Equal((2, 0, 0, 0), (result.Accepted, result.Lost, result.Doubled, result.OutOfOrder));
    }

    [Fact]
    public void A_message_that_never_reached_the_network_is_lost()
    {
        var result = Judge(TwoSends, BothSent with { Wire = [OnWire("one", 10)], Stored = [Own("one"), Own("two", status: "queued")] });

        Assert.Equal(1, result.Lost);
        Assert.Contains(result.Violations, violation => violation is { Invariant: "I1" } && violation.What.Contains("'two'", StringComparison.Ordinal));
    }

    [Fact]
    public void A_message_that_is_called_sent_and_is_not_on_the_network_is_lost()
    {
        var result = Judge(TwoSends, BothSent with { Wire = [OnWire("one", 10)] });

        Assert.Equal(1, result.Lost);
        Assert.Equal("I1", Assert.Single(result.Violations).Invariant);
    }

    [Fact]
    public void A_message_that_gave_up_is_not_lost_but_told()
    {
        var result = Judge(TwoSends, BothSent with { Wire = [OnWire("one", 10)], Stored = [Own("one"), Own("two", status: "failed")] });

        Assert.Equal("I1", Assert.Single(result.Violations).Invariant);
        Assert.Equal((0, 1), (result.Lost, result.Failed));
    }

    [Fact]
    public void A_message_under_another_id_than_its_answer_said_is_found()
    {
        var result = Judge(TwoSends, BothSent with { Stored = [Own("one"), Own("two") with { Id = "m_other" }] });

        Assert.Equal("I1", Assert.Single(result.Violations).Invariant);
    }

    [Fact]
    public void A_message_that_went_to_another_chat_is_found_there_and_lost_here()
    {
        var result = Judge(TwoSends, BothSent with { Wire = [OnWire("one", 10), OnWire("two", 20) with { Chat = "4915122222222" }] });

        Assert.Equal(1, result.Lost);
        Assert.Equal(2, result.Violations.Count(violation => violation.Invariant == "I1"));
    }

    [Fact]
    public void A_message_that_nobody_sent_is_found_unless_its_answer_was_lost()
    {
        var more = BothSent with { Wire = [.. BothSent.Wire, OnWire("three", 30)] };

        Assert.Equal("I1", Assert.Single(Judge(TwoSends, more).Violations).Invariant);
        Assert.Empty(Judge(TwoSends with { Unanswered = new HashSet<string> { "three" } }, more).Violations);
    }

    [Fact]
    public void One_text_under_two_ids_is_a_double()
    {
        var result = Judge(TwoSends, BothSent with { Wire = [.. BothSent.Wire, OnWire("two", 30) with { WhatsAppId = "3EB0OTHER" }] });

        Assert.Equal(1, result.Doubled);
        Assert.Equal("I2", Assert.Single(result.Violations).Invariant);
    }

    [Fact]
    public void One_text_in_two_rows_is_a_double()
    {
        var result = Judge(TwoSends, BothSent with { Stored = [.. BothSent.Stored, Own("two") with { Id = "m_twin" }] });

        Assert.Equal("I2", Assert.Single(result.Violations).Invariant);
    }

    [Theory]
    [InlineData(4, true, 0)]
    [InlineData(5, true, 1)]
    [InlineData(2, false, 1)]
    public void A_repeat_is_allowed_three_times_with_the_same_bytes(int times, bool isSame, int found)
    {
        var result = Judge(TwoSends, BothSent with { Wire = [OnWire("one", 10), OnWire("two", 20) with { Times = times, IsSame = isSame }] });

        Assert.Equal(found, result.Violations.Count(violation => violation.Invariant == "I3"));
        Assert.Equal(times - 1, result.Repeated);
    }

    [Fact]
    public void Two_messages_that_swapped_places_are_found()
    {
        var result = Judge(TwoSends, BothSent with { Wire = [OnWire("one", 20), OnWire("two", 10)] });

        Assert.Equal(1, result.OutOfOrder);
        Assert.Equal("I4", Assert.Single(result.Violations).Invariant);
    }

    [Fact]
    public void Places_count_within_a_chat_only()
    {
        var claims = new Claims([Accepted(1, "one"), Accepted(0, "two") with { Chat = "4915122222222" }], []);

        Assert.Empty(Judge(claims, BothSent with { Wire = [OnWire("one", 10), OnWire("two", 20) with { Chat = "4915122222222" }] }).Violations);
    }

    [Theory]
    [InlineData(0, 1, 0)]
    [InlineData(1, 0, 0)]
    [InlineData(2, 0, 1)]
    public void What_was_written_to_us_is_stored_exactly_once(int times, int lost, int doubled)
    {
        var claims = new Claims([], [new(Number, Anna, "hello")]);
        var stored = Enumerable.Range(0, times).Select(i => new StoredMessage(Number, Anna, $"m_{i}", "hello", FromMe: false, "received"));

        var result = Judge(claims, BothSent with { Wire = [], Stored = [.. stored] });

        Assert.Equal((lost, doubled), (result.Lost, result.Doubled));
        Assert.Equal(lost + doubled, result.Violations.Count(violation => violation.Invariant == "I9"));
    }

    [Fact]
    public void What_is_stored_and_nobody_wrote_is_found() =>
        Assert.Equal("I9", Assert.Single(Judge(new([], []), BothSent with { Wire = [], Stored = [new(Number, Anna, "m_1", "boo", FromMe: false, "received")] }).Violations).Invariant);

    [Theory]
    [InlineData(20, 0)]
    [InlineData(21, 1)]
    [InlineData(null, 1)]
    public void Two_connections_at_once_overlap(int? ended, int overlapping)
    {
        var result = Judge(new([], []), Connected(Connection(1, 10, ended), Connection(2, 20, null)));

        Assert.Equal(overlapping, result.Overlapping);
        Assert.Equal(overlapping, result.Violations.Count(violation => violation.Invariant == "I10"));
    }

    [Fact]
    public void A_connection_under_a_lower_epoch_than_the_one_before_is_found() =>
        Assert.Equal("I10", Assert.Single(Judge(new([], []), Connected(Connection(2, 10, 15), Connection(1, 20, null))).Violations).Invariant);

    [Theory]
    [InlineData(12, 15, 0)]
    [InlineData(18, 40, 0)]
    [InlineData(1, 9, 1)]
    [InlineData(21, 40, 1)]
    public void A_connection_that_the_next_one_ended_overlapped_unless_it_was_cut_off(int from, int to, int overlapping)
    {
        var result = LedgerCheck.Judge(new([], []), Connected(Connection(1, 10, 20, isReplaced: true), Connection(2, 20, null)), [CutOff(from, to)]);

        Assert.Equal((overlapping, 1, null), (result.Overlapping, result.Replaced, result.Lingered));
        Assert.Equal(overlapping, result.Violations.Count);
    }

    [Theory]
    [InlineData(20, 0)]
    [InlineData(19, 1)]
    public void What_was_cut_off_long_ago_was_kept_open_by_something_else(int until, int overlapping) => Assert.Equal(
        overlapping, LedgerCheck.Judge(new([], []), Connected(Connection(1, 10, 20, isReplaced: true), Connection(2, 20, null)), [CutOff(12, 15) with { Until = At(until) }]).Overlapping);

    [Fact]
    public void It_is_told_for_how_long_silos_left_connections_open_that_they_could_end()
    {
        var evidence = Connected(Connection(1, 10, 20, isReplaced: true), Connection(2, 20, null));

        Assert.Equal(3, LedgerCheck.Judge(new([], []), evidence, [CutOff(17, 17) with { LostAt = At(17) }]).Lingered!.Longest.TotalSeconds);
    }

    [Fact]
    public void What_cut_off_one_connection_excuses_no_other()
    {
        var evidence = Connected(Connection(1, 10, 20, isReplaced: true), Connection(2, 20, 30, isReplaced: true), Connection(3, 30, null));

        Assert.Equal(1, LedgerCheck.Judge(new([], []), evidence, [CutOff(15, 25)]).Overlapping);
        Assert.Equal(0, LedgerCheck.Judge(new([], []), evidence, [CutOff(22, 25), CutOff(15, 25)]).Overlapping);
    }

    [Fact]
    public void What_cut_off_a_number_excuses_no_other_number() => Assert.Equal(
        1, LedgerCheck.Judge(new([], []), Connected(Connection(1, 10, 20, isReplaced: true), Connection(2, 20, null)), [CutOff(12, 15) with { Number = "n_2" }]).Overlapping);

    [Theory]
    [InlineData("ready", 0, 0, null)]
    [InlineData("disconnected", 0, 0, "I12")]
    [InlineData("ready", 3, 0, "I12")]
    [InlineData("ready", 0, 1, "I13")]
    public void Every_number_ends_ready_and_empty_and_was_not_linked_again(string status, int queued, int linked, string? found) =>
        Assert.Equal(found, Judge(new([], []), BothSent with { Wire = [], Stored = [], Numbers = [new(Number, status, queued, linked)] }).Violations.SingleOrDefault()?.Invariant);

    private static LedgerResult Judge(Claims claims, Evidence evidence) => LedgerCheck.Judge(claims, evidence, []);

    private static NumberConnection Connection(long epoch, int began, int? ended, bool isReplaced = false) =>
        new(Number, epoch, began, ended, isReplaced, At(began), ended is { } end ? At(end) : null);

    private static CutOff CutOff(int from, int to) => new(Number, At(from), At(to), At(to + 30));

    private static DateTimeOffset At(int second) => DateTimeOffset.UnixEpoch.AddSeconds(second);

    private static AcceptedMessage Accepted(int place, string text) => new(Number, Anna, place, text, $"m_{text}");

    private static WireMessage OnWire(string text, long order) => new(Number, Anna, text, $"3EB0{text}", order, 1);

    private static StoredMessage Own(string text, string status = "delivered") => new(Number, Anna, $"m_{text}", text, FromMe: true, status);

    private static Evidence Connected(params NumberConnection[] connections) => new([], [], connections, []);
}
