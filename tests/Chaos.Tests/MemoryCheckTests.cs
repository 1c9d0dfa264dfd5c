using Loopwave.Chaos.Ledger;
using Loopwave.Chaos.Watching;
using Xunit;

namespace Loopwave.Chaos;

public sealed class MemoryCheckTests
{
    private const double SecondQuarter = 7;
    private const double LastQuarter = 17;

    private static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(109, 0)]
    [InlineData(112, 1)]
    public void Processes_that_grow_by_more_than_a_tenth_are_found(int megabytes, int found) =>
        Assert.Equal(found, Found(minutes: 20, Minute(SecondQuarter, 2, 100), Minute(LastQuarter, 2, megabytes)).Count);

    [Fact]
    public void Each_kind_is_judged_by_itself()
    {
        string[] kinds = ["silos", "engine hosts", "API nodes"];
        foreach (var grown in kinds)
        {
            IEnumerable<MemoryAt>[] readings =
                [.. kinds.Select(kind => Minute(SecondQuarter, 2, 100, kind)), .. kinds.Select(kind => Minute(LastQuarter, 2, kind == grown ? 112 : 80, kind))];
            var violation = Assert.Single(Violations(MemoryCheck.Judge([.. readings.SelectMany(one => one)], kinds, Start, Start.AddMinutes(20))));
            Assert.Equal(("I14", $"all {grown} used 100 MB in the second quarter of the run and 112 MB in the last"), (violation.Invariant, violation.What));
        }
    }

    [Fact]
    public void One_more_for_a_moment_keeps_nobody_from_being_judged() =>
        Assert.Single(Found(minutes: 20, Minute(SecondQuarter, 2, 100), Minute(11, 3, 120), Minute(LastQuarter, 2, 112)));

    [Fact]
    public void What_one_uses_while_another_is_away_says_nothing() =>
        Assert.Empty(Found(minutes: 20, Minute(SecondQuarter, 2, 100), Minute(16, 1, 190), Minute(LastQuarter, 2, 100)));

    [Theory]
    [InlineData(1, 2, "the second quarter")]
    [InlineData(2, 1, "the last quarter")]
    public void A_quarter_with_hardly_ever_as_many_as_usual_cannot_be_judged_and_does_not_pass(int second, int last, string quarter) =>
        Assert.Equal(
            $"what all silos used could not be judged: in {quarter} there were hardly ever 2 of them",
            Assert.Single(Found(minutes: 20, Minute(2, 2, 100), Minute(SecondQuarter, second, 100), Minute(11, 2, 100), Minute(LastQuarter, last, 100))).What);

    [Fact]
    public void A_kind_of_which_nothing_is_known_does_not_pass() => Assert.Equal("I14", Assert.Single(Found(minutes: 20)).Invariant);

    [Fact]
    public void How_old_the_processes_were_is_told_with_what_they_used()
    {
        var readings = Minute(SecondQuarter, 2, 100, age: 7).Concat(Minute(LastQuarter, 2, 100, age: 3));

        var verdict = Assert.Single(MemoryCheck.Judge([.. readings], ["silos"], Start, Start.AddMinutes(20)));

        Assert.Equal((7, 3), (verdict.Plateau!.Age.TotalMinutes, verdict.End!.Age.TotalMinutes));
    }

    [Fact]
    public void A_short_run_says_nothing() => Assert.Empty(Found(minutes: 5, Minute(2, 2, 100), Minute(4, 2, 300)));

    [Fact]
    public void A_run_without_WhatsApp_numbers_has_no_engine_hosts_to_judge()
    {
        Assert.Contains("engine hosts", MemoryCheck.KindsOf(new ChaosPlan { EmulatedNumbers = 1 }));
        Assert.DoesNotContain("engine hosts", MemoryCheck.KindsOf(new ChaosPlan { EmulatedNumbers = 0 }));
    }

    private static List<Violation> Found(double minutes, params IEnumerable<MemoryAt>[] readings) =>
        Violations(MemoryCheck.Judge([.. readings.SelectMany(one => one)], ["silos"], Start, Start.AddMinutes(minutes)));

    private static List<Violation> Violations(IEnumerable<MemoryVerdict> verdicts) =>
        [.. verdicts.Select(verdict => verdict.Violation).OfType<Violation>()];

    // As many readings as the watch makes in a minute.
    private static IEnumerable<MemoryAt> Minute(double minute, int processes, long megabytes, string kind = "silos", double age = 0) =>
        Enumerable.Range(0, 12).Select(i => new MemoryAt(Start.AddMinutes(minute).AddSeconds(5 * i), kind, processes, megabytes << 20, TimeSpan.FromMinutes(age)));
}
