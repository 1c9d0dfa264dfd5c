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
}
