using Loopwave.Chaos.Ledger;
using Loopwave.Chaos.Watching;
using Xunit;

namespace Loopwave.Chaos;

public sealed class FaultEffectTests
{
    private const string Dead = "127.0.0.1:1";
    private const string Alive = "127.0.0.1:2";

    private static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly FaultRecord Fault = new("F1", "a fault", [Dead], At(10), At(40));

    // The silo that stood still goes on at 40 s, ends, and begins to come back at 46 s.
    private static readonly FaultRecord GoesOn = Fault with { MovesFrom = At(46) };

    [Fact]
    public void A_number_is_taken_over_when_the_table_says_so_and_ready_when_it_says_so_itself()
    {
        var effect = Effect(
            [Owned(0, "n_1", Dead, 1), Owned(13, "n_1", Alive, 2)],
            Number("n_1", (0, "ready"), (13.5, "connecting"), (14, "ready")));

        Assert.Equal((3, 4), (effect.TakenOver!.Longest.TotalSeconds, effect.Ready[EngineKind.Sandbox].Longest.TotalSeconds));
        Assert.Equal(0.5, effect.Shown[EngineKind.Sandbox].Longest.TotalSeconds);
        Assert.Equal((0, 0), (effect.NotTaken, effect.NotReady));
        Assert.Empty(effect.Disturbed);
    }

    [Fact]
    public void A_number_that_nobody_takes_and_one_that_does_not_come_back_are_counted()
    {
        var effect = Effect(
            [Owned(0, "n_1", Dead, 1), Owned(0, "n_2", Dead, 1), Owned(13, "n_2", Alive, 2)],
            Number("n_1", (0, "ready")), Number("n_2", (0, "ready"), (13, "connecting")));

        Assert.Equal((1, 1), (effect.NotTaken, effect.NotReady));
    }

    [Fact]
    public void What_happens_after_the_end_of_looking_belongs_to_the_next_fault()
    {
        var effect = FaultEffect.Of(
            Fault, At(20), Ownership([Owned(0, "n_1", Dead, 1), Owned(25, "n_1", Alive, 2)]), Timelines(Number("n_1", (0, "ready"), (26, "ready"))), NoConnections, AllAsked.Nothing);

        Assert.Equal((1, 0), (effect.NotTaken, effect.NotReady));
    }

    [Theory]
    [InlineData(12, 1)]
    [InlineData(5, 0)]
    [InlineData(41, 1)]
    [InlineData(45.9, 1)]
    [InlineData(46.1, 0)]
    public void A_number_of_another_silo_that_leaves_ready_is_told_until_numbers_may_move_on_purpose(double leaves, int disturbed)
    {
        var effect = Effect(GoesOn, [Owned(0, "n_1", Alive, 1)], Number("n_1", (0, "ready"), (leaves, "disconnected"), (leaves + 1, "ready")));

        Assert.Equal(disturbed, effect.Disturbed.Count);
        Assert.Null(effect.TakenOver);
    }

    [Fact]
    public void A_number_is_away_from_the_end_of_its_connection_whatever_it_shows_until_it_is_ready()
    {
        NumberConnection[] connections = [Connection(1, 0, 11), Connection(2, 13, 50)];
        var effect = FaultEffect.Of(
            Fault, At(60), Ownership([Owned(0, "n_1", Dead, 1), Owned(13, "n_1", Alive, 2)]),
            Timelines(Number("n_1", (0, "ready"), (13.5, "connecting"), (14, "ready"))), connections.ToLookup(connection => connection.Number), AllAsked.Nothing);

        Assert.Equal(3, effect.Away[EngineKind.Sandbox].Longest.TotalSeconds);

        static NumberConnection Connection(long epoch, double from, double to) => new("n_1", epoch, 0, 0, IsReplaced: false, At(from), At(to));
    }

    [Theory]
    [InlineData(20, 35, 25, 15)]
    [InlineData(39, 50, 40, 11)]
    [InlineData(41, 58, 4, 2)]
    public void A_number_that_leaves_ready_again_before_the_fault_is_over_is_back_when_it_is_ready_to_stay(double leaves, double returns, double ready, double away)
    {
        var effect = Effect(
            [Owned(0, "n_1", Dead, 1), Owned(12, "n_1", Alive, 2)],
            Number("n_1", (0, "ready"), (12, "connecting"), (14, "ready"), (leaves, "disconnected"), (returns, "ready")));

        Assert.Equal((ready, away), (effect.Ready[EngineKind.Sandbox].Longest.TotalSeconds, effect.Away[EngineKind.Sandbox].Longest.TotalSeconds));
    }

    [Fact]
    public void A_number_that_leaves_ready_when_the_silo_that_had_it_goes_on_is_back_when_it_is_ready_after_that()
    {
        var effect = Effect(
            GoesOn, [Owned(0, "n_1", Dead, 1), Owned(12, "n_1", Alive, 2)],
            Number("n_1", (0, "ready"), (12, "connecting"), (14, "ready"), (41, "disconnected"), (43, "ready")));

        Assert.Equal(33, effect.Ready[EngineKind.Sandbox].Longest.TotalSeconds);
    }

    [Fact]
    public void A_number_that_was_ready_for_a_moment_only_did_not_come_back()
    {
        var effect = Effect(
            [Owned(0, "n_1", Dead, 1), Owned(12, "n_1", Alive, 2)], Number("n_1", (0, "ready"), (12, "connecting"), (14, "ready"), (20, "disconnected")));

        Assert.Equal((1, 1), (effect.NotReady, effect.Kinds[EngineKind.Sandbox].NotBack));
        Assert.Equal(40, effect.Away[EngineKind.Sandbox].Longest.TotalSeconds);
    }

    [Fact]
    public void A_number_that_the_fault_found_away_is_away_from_the_fault_on()
    {
        var effect = Effect([Owned(0, "n_1", Dead, 1), Owned(12, "n_1", Alive, 2)], Number("n_1", (0, "ready"), (9, "connecting"), (14, "ready")));

        Assert.Equal(4, effect.Away[EngineKind.Sandbox].Longest.TotalSeconds);
    }

    private static FaultEffect Effect(IEnumerable<OwnerChange> changes, params Timeline[] timelines) => Effect(Fault, changes, timelines);

    private static FaultEffect Effect(FaultRecord fault, IEnumerable<OwnerChange> changes, params Timeline[] timelines) =>
        FaultEffect.Of(fault, At(60), Ownership(changes), Timelines(timelines), NoConnections, AllAsked.Nothing);

    private static ILookup<string, NumberConnection> NoConnections => Array.Empty<NumberConnection>().ToLookup(connection => connection.Number);

    private static Ownership Ownership(IEnumerable<OwnerChange> changes)
    {
        var ownership = new Ownership();
        foreach (var change in changes)
        {
            ownership.Saw(change);
        }

        return ownership;
    }

    private static Dictionary<string, Timeline> Timelines(params Timeline[] timelines) => timelines.ToDictionary(timeline => timeline.Number);

    private static OwnerChange Owned(double at, string number, string silo, long epoch) => new(At(at), number, silo, epoch);

    private static Timeline Number(string id, params (double At, string Status)[] entries) =>
        new(id, EngineKind.Sandbox, [.. entries.Select(entry => new StatusAt(At(entry.At), entry.Status, null, null))]);

    private static DateTimeOffset At(double seconds) => Start.AddSeconds(seconds);
}
