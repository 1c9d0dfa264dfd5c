using Loopwave.Chaos.Watching;
using Xunit;

namespace Loopwave.Chaos;

public sealed class OwnershipTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_silo_had_in_a_time_what_it_had_at_first_and_what_came_to_it()
    {
        var ownership = new Ownership();
        Saw(0, "n_had", "a");
        Saw(5, "n_had_and_gone", "a");
        Saw(8, "n_had_and_gone", "b");
        Saw(15, "n_came", "a");
        Saw(0, "n_of_another", "b");
        Saw(25, "n_came_later", "a");

        Assert.Equal(["n_came", "n_had"], ownership.During("a", Start.AddSeconds(10), Start.AddSeconds(20)).Order());

        void Saw(int at, string number, string silo) => ownership.Saw(new(Start.AddSeconds(at), number, silo, at));
    }

    [Theory]
    [InlineData("a", null)]
    [InlineData("b", 12)]
    public void A_struck_silo_that_has_its_number_anew_took_nothing_over(string takenBy, int? takenAt)
    {
        var ownership = new Ownership();
        ownership.Saw(new(Start, "n_1", "a", 1));
        ownership.Saw(new(Start.AddSeconds(11), "n_1", null, 2));
        ownership.Saw(new(Start.AddSeconds(12), "n_1", takenBy, 3));

        Assert.Equal(takenAt, (ownership.TakenAfter("n_1", Start.AddSeconds(10), ["a"])?.At - Start)?.TotalSeconds);
    }

    [Fact]
    public void What_a_struck_silo_takes_back_after_another_one_took_it_was_taken_over()
    {
        var ownership = new Ownership();
        ownership.Saw(new(Start, "n_1", "a", 1));
        ownership.Saw(new(Start.AddSeconds(13), "n_1", "b", 2));
        ownership.Saw(new(Start.AddSeconds(40), "n_1", "a", 3));

        Assert.Equal("b", ownership.TakenAfter("n_1", Start.AddSeconds(10), ["a"])?.Silo);
    }
}
