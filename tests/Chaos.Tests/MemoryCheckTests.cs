using Loopwave.Chaos.Watching;
using Xunit;

namespace Loopwave.Chaos;

public sealed class MemoryCheckTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(109, 0)]
    [InlineData(112, 1)]
    public void Processes_that_grow_by_more_than_a_tenth_are_found(int megabytes, int found) =>
        Assert.Equal(found, Judge(minutes: 20, Reading(7, 2, 100), Reading(18, 2, megabytes)));

    [Fact]
    public void Each_kind_is_judged_by_itself()
    {
        string[] kinds = ["silos", "engine hosts", "API nodes"];
        foreach (var grown in kinds)
        {
            var violation = Assert.Single(MemoryCheck.Judge(
                [.. kinds.Select(kind => Reading(7, 2, 100, kind)), .. kinds.Select(kind => Reading(18, 2, kind == grown ? 112 : 80, kind))],
                Start, Start.AddMinutes(20)));
            Assert.Equal(("I14", $"all {grown} used 100 MB in the second quarter of the run and 112 MB in the last"), (violation.Invariant, violation.What));
        }
    }

    [Fact]
    public void One_more_for_a_moment_keeps_nobody_from_being_judged() =>
        Assert.Equal(1, Judge(minutes: 20, Reading(7, 2, 100), Reading(11, 3, 120), Reading(18, 2, 112)));

    [Fact]
    public void What_one_uses_while_another_is_away_says_nothing() =>
        Assert.Equal(0, Judge(minutes: 20, Reading(7, 2, 100), Reading(17, 1, 190), Reading(18, 2, 100)));

    [Fact]
    public void A_short_run_says_nothing() => Assert.Equal(0, Judge(minutes: 5, Reading(2, 2, 100), Reading(4, 2, 300)));

    private static int Judge(double minutes, params MemoryAt[] readings) => MemoryCheck.Judge(readings, Start, Start.AddMinutes(minutes)).Count();

    private static MemoryAt Reading(double minute, int processes, long megabytes, string kind = "silos") =>
        new(Start.AddMinutes(minute), kind, processes, megabytes << 20);
}
