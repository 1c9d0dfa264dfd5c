using Loopwave.Chaos.Ledger;
using Loopwave.Chaos.Load;
using Loopwave.Chaos.Scenarios;
using Loopwave.Chaos.Watching;
using Xunit;

namespace Loopwave.Chaos;

/// <summary>What callers are promised while a fault lasts, from 10 s to 40 s, and until looking ends at 60 s.</summary>
public sealed class AnswerPromiseTests
{
    private const string Dead = "127.0.0.1:1";
    private const string Alive = "127.0.0.1:2";
    private const string Struck = "n_struck";
    private const string Other = "n_other";

    private static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(9.5, 9.8, false)]
    [InlineData(9.5, 11.0, true)]
    [InlineData(8.0, 11.0, false)]
    [InlineData(20.0, 30.0, true)]
    [InlineData(39.0, 70.0, true)]
    [InlineData(41.0, 42.0, false)]
    [InlineData(20.0, null, true)]
    public void What_is_asked_of_another_number_counts_when_it_was_under_way_or_begun_while_the_fault_lasted(double first, double? done, bool counts)
    {
        var about = new[] { Asked(Struck, 0, first, done), Asked(Other, 1, first, done) };
        var waits = Effect(new AllAsked(about, about, [])).Waits;

        Assert.All([waits.OtherSends, waits.OtherInjections], times =>
        {
            Assert.Equal(counts ? [1] : [], times.Keys);
            Assert.All(times.Values, took => Assert.Equal((done is null ? 1 : 0, done - first), (took.Never, took.Taken?.Longest.TotalSeconds)));
        });
    }

    [Fact]
    public void Reads_need_no_silo_of_a_number_and_count_for_any()
    {
        var waits = Effect(new AllAsked([], [], [Asked(Struck, 0, 20, 22), Asked(Other, 0, 20, 21)])).Waits;

        Assert.Equal((2, 2), (waits.Reads[0].Count, waits.Reads[0].Taken!.Longest.TotalSeconds));
    }

    [Theory]
    [InlineData(11.0, 12.0, 0.0, "accepted before the number is ready: it waits in its queue")]
    [InlineData(11.0, 28.5, 14.5, "from the moment that the number is ready")]
    [InlineData(17.0, 19.0, 2.0, "asked when it is ready")]
    [InlineData(21.0, 33.0, 3.0, "asked when it has left ready again")]
    [InlineData(50.0, 59.0, 9.0, "after the fault: the number must also be reached then")]
    [InlineData(58.9, 80.0, 21.1, "held up before the next fault")]
    public void A_send_for_a_struck_number_waits_from_when_it_was_ready_elsewhere(double first, double done, double waited, string why)
    {
        var times = Effect(Sends(Asked(Struck, 0, first, done))).Waits.StruckSendsOnceReady[0];

        Assert.True(Math.Abs(waited - times.Taken!.Longest.TotalSeconds) < 0.001, $"{why}: {times}");
    }

    [Theory]
    [InlineData(8.0, 30.0)]
    [InlineData(9.5, 9.8)]
    [InlineData(59.5, 80.0)]
    public void A_send_for_a_struck_number_that_something_else_held_up_does_not_count(double first, double done) =>
        Assert.Empty(Effect(Sends(Asked(Struck, 0, first, done))).Waits.StruckSends);

    [Fact]
    public void A_send_for_a_number_that_comes_back_nowhere_has_no_time_but_must_be_accepted()
    {
        var waits = Effect(Sends(Asked(Struck, 0, 20, 90), Asked(Struck, 0, 20, null)), comesBack: false).Waits;

        Assert.Equal((null, 1), (waits.StruckSendsOnceReady[0].Taken, waits.StruckSendsOnceReady[0].Never));
        Assert.Equal(70, waits.StruckSends[0].Taken!.Longest.TotalSeconds);
    }

    [Theory]
    [InlineData(9.9, 10, true)]
    [InlineData(10.1, 10, false)]
    [InlineData(null, 10, false)]
    [InlineData(1.0, 9, false)]
    public void Whatever_is_asked_about_other_numbers_is_done_soon_whichever_API_node_is_asked(double? took, int atSecondNode, bool isMet)
    {
        // Of reads and inbound messages, of which there are fewer, three are enough.
        var few = atSecondNode < 10 ? 2 : 3;
        var targets = AnswerPromise.AnyNode(Effect(new AllAsked(Both(atSecondNode), Both(few), Both(few)))).ToList();

        Assert.Equal(3, targets.Count);
        Assert.All(targets, target => Assert.True(target.IsMet == isMet, target.ToString()));

        List<Asked> Both(int second) =>
            [.. Many(10, 0, 21), .. Enumerable.Repeat(Asked(Other, 1, 20, 20 + took), second)];

        static IEnumerable<Asked> Many(int count, int node, double done) => Enumerable.Repeat(Asked(Other, node, 20, done), count);
    }

    [Fact]
    public void Nothing_is_promised_to_callers_of_the_sandbox_in_a_run_without_it() =>
        Assert.DoesNotContain(AnswerPromise.AnyNode(Effect(AllAsked.Nothing, EngineKind.WhatsApp)), target => target.What.Contains("inbound", StringComparison.Ordinal));

    [Theory]
    [InlineData(28.9, 10, true)]
    [InlineData(29.1, 10, false)]
    [InlineData(null, 10, false)]
    [InlineData(15.0, 9, false)]
    public void Numbers_of_a_silo_that_is_gone_are_reached_through_any_API_node_soon_after_they_are_ready(double? done, int atSecondNode, bool isMet)
    {
        var target = AnswerPromise.Struck(Effect(SendsForStruck(first: 11, done, atSecondNode)));

        Assert.True(target.IsMet == isMet, target.ToString());
    }

    [Theory]
    [InlineData(25.9, true)]
    [InlineData(26.1, false)]
    public void Numbers_that_are_handed_over_are_reached_all_the_time(double done, bool isMet)
    {
        var target = AnswerPromise.HandedOver(Effect(SendsForStruck(first: 11, done, atSecondNode: 10)));

        Assert.True(target.IsMet == isMet, target.ToString());
    }

    [Theory]
    [InlineData("503 storage_unavailable", 5.0, true)]
    [InlineData("503 storage_unavailable", 5.1, false)]
    [InlineData("503 unavailable", 5.1, false)]
    [InlineData("202", 5.1, false)]
    public void Nobody_waits_long_for_any_answer_while_storage_is_away(string answer, double took, bool isMet)
    {
        var attempts = new AnswerTimes();
        attempts.Took(At(8.9), answer, TimeSpan.FromMinutes(1));
        attempts.Took(At(20), "503 storage_unavailable", TimeSpan.FromSeconds(1));
        attempts.Took(At(34.9), answer, TimeSpan.FromSeconds(took));
        attempts.Took(At(35), answer, TimeSpan.FromMinutes(1));
        var effect = Effect(AllAsked.Nothing with { Attempts = new Dictionary<string, AnswerTimes> { ["sends"] = new(), ["reads"] = attempts } });

        var target = new StorageAway().Targets([effect]).First();

        Assert.Contains("every answer meanwhile", target.What, StringComparison.Ordinal);
        Assert.True(target.IsMet == isMet, target.ToString());
        Assert.True(Assert.Single(new RandomFaults(new ChaosPlan()).Targets([effect])).IsMet);
    }

    [Fact]
    public void What_is_under_way_when_storage_goes_is_answered_as_soon()
    {
        var attempts = new AnswerTimes();
        attempts.Took(At(9.1), "503 storage_unavailable", TimeSpan.FromSeconds(5.1));

        Assert.False(AnswerPromise.SaidSoon(Effect(AllAsked.Nothing with { Attempts = new Dictionary<string, AnswerTimes> { ["sends"] = attempts } }), AnswerPromise.WithoutStorage).IsMet);
    }

    [Theory]
    [InlineData(40.0, 55.0, true)]
    [InlineData(40.0, 55.1, false)]
    [InlineData(40.0, null, false)]
    [InlineData(39.9, 55.0, true)]
    [InlineData(39.9, 55.1, false)]
    [InlineData(20.0, 55.1, false)]
    [InlineData(20.0, null, false)]
    [InlineData(5.0, 55.1, false)]
    [InlineData(5.0, 39.9, true)]
    public void Who_asks_once_storage_is_back_or_still_asks_then_is_served_soon(double first, double? done, bool isMet)
    {
        var few = Enumerable.Range(0, 20).Select(i => Asked(Other, i % 2, 41, 42));

        var target = AnswerPromise.Back(Effect(Sends([.. few, Asked(Struck, 0, first, done)]))).Last();

        Assert.Contains("sends accepted once it was over", target.What, StringComparison.Ordinal);
        Assert.True(target.IsMet == isMet, target.ToString());
        Assert.False(AnswerPromise.Back(Effect(Sends([Asked(Other, 0, 41, 42)]))).Last().IsMet);
    }

    [Fact]
    public void One_outage_outlasts_all_that_is_kept_without_storage_and_callers_outlast_every_one()
    {
        var faults = StorageAway.Faults;

        Assert.Distinct(faults.Select(fault => fault.Name));
        Assert.Contains(faults, fault => fault.Length > TimeSpan.FromSeconds(90));
        Assert.All(faults, fault => Assert.True(fault.TakesStorage && fault.Length + AnswerPromise.Within < ApiCaller.Patience, fault.Name));
    }

    [Theory]
    [InlineData(55.0, true)]
    [InlineData(55.1, false)]
    [InlineData(61.0, false)]
    public void Numbers_show_that_they_are_ready_soon_after_storage_is_back(double readyAt, bool isMet)
    {
        var target = AnswerPromise.Back(Effect(AllAsked.Nothing, readyAt: readyAt)).First();

        Assert.Contains("all Sandbox numbers ready once it was over", target.What, StringComparison.Ordinal);
        Assert.True(target.IsMet == isMet, target.ToString());
    }

    [Fact]
    public void That_storage_is_away_must_have_been_said_where_it_was_away_for_long()
    {
        var attempts = new AnswerTimes();
        attempts.Took(At(20), "202", TimeSpan.FromSeconds(1));
        var effect = Effect(AllAsked.Nothing with { Attempts = new Dictionary<string, AnswerTimes> { ["sends"] = attempts } });

        Assert.Equal(
            (false, "sends 202: 1 within 1.0 s, but it takes a 503 to say something"),
            (AnswerPromise.SaidSoon(effect, AnswerPromise.WithoutStorage).IsMet, AnswerPromise.SaidSoon(effect, AnswerPromise.WithoutStorage).Seen));
        Assert.True(AnswerPromise.SaidSoon(effect, AnswerPromise.WithoutStorage, mayPass: true).IsMet);
    }

    [Fact]
    public void In_a_random_run_answers_without_storage_may_take_as_long_as_a_lost_call_and_no_longer()
    {
        var attempts = new AnswerTimes();
        attempts.Took(At(20), "503 storage_unavailable", TimeSpan.FromSeconds(12.1));

        Assert.False(Assert.Single(new RandomFaults(new ChaosPlan()).Targets([Effect(AllAsked.Nothing with { Attempts = new Dictionary<string, AnswerTimes> { ["sends"] = attempts } })])).IsMet);
    }

    [Fact]
    public void One_call_that_is_lost_with_a_killed_silo_is_forgiven_and_with_one_that_stands_still_it_is_not()
    {
        var effect = Effect(Sends([.. Enumerable.Range(0, 20).Select(i => Asked(Other, i % 2, 20, 32.5))]));

        Assert.Equal((true, false), (IsMet(new Failover()), IsMet(new Freeze())));

        bool IsMet(IScenario story) => story.Targets([effect]).Single(target => target.What.Contains("sends for other numbers", StringComparison.Ordinal)).IsMet;
    }

    [Fact]
    public void Every_story_about_a_silo_promises_callers_the_same()
    {
        var effect = Effect(AllAsked.Nothing);
        IScenario[] stories = [new Failover(), new Freeze(), new Partition(), new Drain(), new Rolling()];

        Assert.All(stories, story =>
        {
            var targets = story.Targets([effect]).Select(target => target.What).ToList();
            Assert.Superset(AnswerPromise.AnyNode(effect).Select(target => target.What).ToHashSet(), targets.ToHashSet());
            Assert.Single(targets, what => what.Contains("sends for its numbers accepted", StringComparison.Ordinal));
        });
    }

    private static AllAsked SendsForStruck(double first, double? done, int atSecondNode) => Sends(
        [.. Enumerable.Repeat(Asked(Struck, 0, first, 12), 10), .. Enumerable.Repeat(Asked(Struck, 1, first, done), atSecondNode)]);

    private static AllAsked Sends(params Asked[] sends) => AllAsked.Nothing with { Sends = sends };

    private static Asked Asked(string number, int node, double first, double? done) => new(number, node, At(first), done is { } at ? At(at) : null);

    /// <summary>Two numbers, one of them at a silo that is struck: ready elsewhere at 14 s, not any more at 20 s, and again at 30 s.</summary>
    private static FaultEffect Effect(AllAsked asked, EngineKind engine = EngineKind.Sandbox, bool comesBack = true, double readyAt = 30)
    {
        var ownership = new Ownership();
        ownership.Saw(new(At(0), Struck, Dead, 1));
        ownership.Saw(new(At(0), Other, Alive, 1));
        ownership.Saw(new(At(13), Struck, Alive, 2));
        var timelines = new Dictionary<string, Timeline>
        {
            [Struck] = new(Struck, engine,
            [
                Shown(0, "ready"),
                .. comesBack ? new[] { Shown(13, "connecting"), Shown(14, "ready"), Shown(20, "disconnected"), Shown(readyAt, "ready") } : [],
            ]),
            [Other] = new(Other, engine, [Shown(0, "ready")]),
        };
        return FaultEffect.Of(
            new("F1", "SIGKILL", [Dead], At(10), At(40), TakesStorage: true), At(60), ownership, timelines,
            timelines.Keys.Select(number => new NumberConnection(number, 1, 0, null, IsReplaced: false, At(0), null)).ToLookup(connection => connection.Number), asked);

        static StatusAt Shown(double at, string status) => new(At(at), status, null, null);
    }

    private static DateTimeOffset At(double seconds) => Start.AddSeconds(seconds);
}
