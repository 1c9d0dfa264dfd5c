using Loopwave.Chaos.Faults;
using Loopwave.Chaos.Ledger;
using Loopwave.Chaos.Reporting;
using Loopwave.Chaos.Scenarios;
using Loopwave.Chaos.Watching;
using Xunit;

namespace Loopwave.Chaos;

/// <summary>What stories promise is missed when it did not hold, and also when there was nothing that it could have held for.</summary>
public sealed class PromiseTests
{
    private const string Dead = "127.0.0.1:1";
    private const string Alive = "127.0.0.1:2";

    private static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(new string[0], false)]
    [InlineData(new[] { Dead }, true)]
    [InlineData(new[] { Dead, Alive }, false)]
    public void Of_two_silos_without_a_network_between_them_one_ends_and_one_stays(string[] ended, bool isMet)
    {
        var fault = new FaultRecord(PartitionSilos.Fault, "no network", ended, At(10), At(50));
        var effect = FaultEffect.Of(fault, At(70), new Ownership(), new Dictionary<string, Timeline>(), Array.Empty<NumberConnection>().ToLookup(one => one.Number), AllAsked.Nothing);

        Assert.Equal(isMet, new Partition().Targets([effect]).Single(target => target.What.Contains("ended", StringComparison.Ordinal)).IsMet);
    }

    [Theory]
    [InlineData(1000, 10)]
    [InlineData(40, 8)]
    [InlineData(4, 1)]
    [InlineData(1, 1)]
    public void Ten_numbers_say_something_and_of_few_a_fifth(int planned, int fewest) => Assert.Equal(fewest, Promise.Fewest(planned));

    [Fact]
    public void Enough_numbers_of_each_kind_that_were_all_taken_and_ready_in_time_keep_every_promise()
    {
        var targets = Numbers(Effect(new World(Sandbox: (20, 20), WhatsApp: (10, 10))));

        Assert.Equal(7, targets.Count);
        Assert.All(targets, target => Assert.True(target.IsMet, target.ToString()));
    }

    [Fact]
    public void A_struck_silo_without_WhatsApp_numbers_shows_nothing_about_them()
    {
        var targets = Numbers(Effect(new World(Sandbox: (20, 20), WhatsApp: (0, 50))));

        var missed = targets.Where(target => !target.IsMet).ToList();
        Assert.Equal(["SIGKILL: all numbers taken over", "SIGKILL: all WhatsApp numbers ready", "WhatsApp numbers struck in all"], missed.Select(target => target.What));
        Assert.All(missed.SkipLast(1), target => Assert.Contains("the struck silo had 0 WhatsApp numbers, and it takes 10", target.Seen, StringComparison.Ordinal));
    }

    [Fact]
    public void Others_that_had_too_few_numbers_show_nothing_about_theirs()
    {
        var target = Promise.NobodyElse(Effect(new World(Sandbox: (20, 20), WhatsApp: (50, 9))));

        Assert.False(target.IsMet);
        Assert.Equal("0 of 9 WhatsApp and 20 Sandbox numbers, but the others had 9 WhatsApp numbers, and it takes 10 to say something", target.Seen);
    }

    [Fact]
    public void Nothing_is_said_of_a_kind_that_the_run_does_not_have()
    {
        var targets = Numbers(Effect(new World(Sandbox: (20, 20), WhatsApp: (0, 0))));

        Assert.Equal(5, targets.Count);
        Assert.All(targets, target => Assert.True(target.IsMet, target.ToString()));
    }

    [Fact]
    public void A_number_of_a_drained_silo_that_nobody_takes_is_away_for_ever()
    {
        var targets = Promise.HandedOver(Effect(new World(Sandbox: (20, 20), WhatsApp: (10, 10)) { NobodyTakes = "s_0" })).ToList();

        Assert.Equal([false, true], targets.Select(target => target.IsMet));
        Assert.Equal("0.5 s, and 1 never", targets[0].Seen);
    }

    [Fact]
    public void Drained_numbers_that_are_all_back_in_time_keep_the_promise() =>
        Assert.All(Promise.HandedOver(Effect(new World(Sandbox: (20, 20), WhatsApp: (10, 10)))), target => Assert.True(target.IsMet, target.ToString()));

    [Fact]
    public void A_drained_number_that_leaves_ready_again_before_all_are_back_is_away_for_that_time()
    {
        var targets = Promise.HandedOver(Effect(new World(Sandbox: (20, 20), WhatsApp: (10, 10)) { LeavesAgain = "w_0" })).ToList();

        Assert.Equal([true, false], targets.Select(target => target.IsMet));
        Assert.Equal("19.0 s", targets[1].Seen);
    }

    [Fact]
    public void A_number_of_a_killed_silo_that_leaves_ready_again_is_ready_when_it_is_back_to_stay()
    {
        var target = Promise.Ready(Effect(new World(Sandbox: (20, 20), WhatsApp: (10, 10)) { LeavesAgain = "s_0" }), EngineKind.Sandbox, TimeSpan.FromSeconds(15));

        Assert.False(target!.IsMet);
        Assert.Equal("21.0 s", target.Seen);
    }

    [Fact]
    public void Numbers_that_their_own_silo_takes_again_are_not_taken_over()
    {
        var target = Promise.TakenOver(Effect(new World(Sandbox: (20, 20), WhatsApp: (10, 10)) { TakenBy = Dead }), TimeSpan.FromSeconds(25));

        Assert.False(target.IsMet);
        Assert.Equal("none, and 30 never", target.Seen);
    }

    [Theory]
    [InlineData(19, 31, true)]
    [InlineData(19, 30, false)]
    [InlineData(0, 81, true)]
    public void All_kills_together_strike_half_of_each_kind_whatever_one_of_them_strikes(int first, int second, bool isMet)
    {
        FaultEffect[] effects = [Effect(new World((500, 500), (first, 100 - first))), Effect(new World((500, 500), (second, 100 - second)))];

        var targets = new Failover().Targets(effects).Where(target => target.What.Contains("struck in all", StringComparison.Ordinal)).ToList();

        Assert.Equal([("WhatsApp numbers struck in all", isMet), ("Sandbox numbers struck in all", true)], targets.Select(target => (target.What, target.IsMet)));
        Assert.Equal((FormattableString.Invariant($"{first + second} of 100 ({first} and {second})"), "at least 50"), (targets[0].Seen, targets[0].Wanted));
    }

    [Theory]
    [InlineData(225, 75, true)]
    [InlineData(224, 75, false)]
    [InlineData(225, 74, false)]
    public void A_killed_silo_shows_something_when_there_was_a_load_then_whatever_there_was_before(int sends, int injections, bool isMet)
    {
        // For 30 s.
        var target = Promise.Loaded(Effect(
            new World((20, 20), (10, 10)),
            new([.. Begun(20, sends), .. Begun(9, 500), .. Begun(41, 500)], [.. Begun(20, injections), .. Begun(9, 500)], []) { SendsPerSecond = 10, InjectionsPerSecond = 10.0 / 3 }));

        Assert.True(target.IsMet == isMet, target.ToString());

        static IEnumerable<Asked> Begun(double at, int count) => Enumerable.Repeat(new Asked("s_1", 0, At(at), At(at + 1)), count);
    }

    /// <summary>Numbers of both kinds at a silo that is struck, and at the other one. Each was connected until 11 s, was taken at 11.3 s and is ready at 11.5 s.</summary>
    private sealed record World((int Struck, int Others) Sandbox, (int Struck, int Others) WhatsApp)
    {
        public string? NobodyTakes { get; init; }

        /// <summary>Not ready any more at 12 s, and ready again at 31 s.</summary>
        public string? LeavesAgain { get; init; }

        public string TakenBy { get; init; } = Alive;
    }

    // What callers are promised has tests of its own.
    private static List<Target> Numbers(FaultEffect effect) =>
        [.. new Failover().Targets([effect]).Except([AnswerPromise.Struck(effect), .. AnswerPromise.AnyNode(effect, AnswerPromise.OthersOfKilledWithin)])];

    private static FaultEffect Effect(World world, AllAsked? asked = null)
    {
        var ownership = new Ownership();
        var timelines = new Dictionary<string, Timeline>();
        var connections = new List<NumberConnection>();
        Add("s", EngineKind.Sandbox, world.Sandbox);
        Add("w", EngineKind.WhatsApp, world.WhatsApp);
        return FaultEffect.Of(
            new("F1", "SIGKILL", [Dead], At(10), At(40)), At(60), ownership, timelines, connections.ToLookup(connection => connection.Number), asked ?? AllAsked.Nothing);

        void Add(string prefix, EngineKind engine, (int Struck, int Others) count)
        {
            for (var i = 0; i < count.Struck + count.Others; i++)
            {
                var (number, isStruck) = ($"{prefix}_{i}", i < count.Struck);
                var comesBack = isStruck && number != world.NobodyTakes;
                ownership.Saw(new(At(0), number, isStruck ? Dead : Alive, 1));
                if (comesBack)
                {
                    ownership.Saw(new(At(11.3), number, world.TakenBy, 2));
                }

                connections.Add(new(number, 1, 0, isStruck ? 1 : null, IsReplaced: false, At(0), isStruck ? At(11) : null));
                timelines[number] = new(number, engine, 
                [
                    Shown(0, "ready"),
                    .. comesBack ? new[] { Shown(11.5, "ready") } : [],
                    .. number == world.LeavesAgain ? new[] { Shown(12, "disconnected"), Shown(31, "ready") } : [],
                ]);
            }
        }

        static StatusAt Shown(double at, string status) => new(At(at), status, null, null);
    }

    private static DateTimeOffset At(double seconds) => Start.AddSeconds(seconds);
}
