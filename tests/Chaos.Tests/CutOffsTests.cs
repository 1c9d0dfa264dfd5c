using Loopwave.Chaos.Faults;
using Loopwave.Chaos.Ledger;
using Loopwave.Chaos.Load;
using Loopwave.Chaos.Watching;
using Xunit;

namespace Loopwave.Chaos;

/// <summary>
/// Which connections a fault from 10 s to 40 s, over at 45 s for all who waited for it, may have kept open: of numbers that silo a had, and silo b took at 24 s, and of
/// those that b had all the time.
/// </summary>
public sealed class CutOffsTests
{
    private static readonly Line[] Lines =
    [
        new("sandbox of a", EngineKind.Sandbox, ""), new("sandbox of b", EngineKind.Sandbox, ""),
        new("whatsapp of a", EngineKind.WhatsApp, "1"), new("whatsapp of b", EngineKind.WhatsApp, "2"),
    ];

    [Fact]
    public void Of_silos_without_a_network_between_them_the_loser_closes_WhatsApp_connections_soon_after_it_lost_the_numbers()
    {
        CutOff[] cutOffs = [.. Of(new PartitionSilos(TimeSpan.FromSeconds(30)), "a")];

        Assert.Equal(
            [
                new CutOff("sandbox of a", At(10), At(40), At(70)),
                new CutOff("whatsapp of a", At(24), At(24), At(29)) { LostAt = At(24) },
            ],
            cutOffs);
    }

    [Theory]
    [InlineData(23, false, "no other silo had the number yet")]
    [InlineData(29, true, "its silo may not have noticed yet")]
    [InlineData(30, false, "its silo must have noticed, and did not close it")]
    public void A_WhatsApp_connection_of_the_loser_may_be_open_for_five_seconds_more(int replaced, bool excused, string why)
    {
        var cutOff = Of(new PartitionSilos(TimeSpan.FromSeconds(30)), "a").Single(one => one.Number == "whatsapp of a");

        Assert.True(excused == cutOff.Excuses(new(cutOff.Number, 1, 0, 1, IsReplaced: true, At(0), At(replaced))), why);
    }

    [Fact]
    public void Of_silos_of_which_none_lost_anything_nothing_is_excused() =>
        Assert.Empty(Of(new PartitionSilos(TimeSpan.FromSeconds(30))));

    [Fact]
    public void A_connection_of_a_frozen_engine_host_stays_open_until_its_number_must_be_connected_again() => Assert.Equal(
        [new CutOff("sandbox of a", At(10), At(40), At(70)), new CutOff("whatsapp of a", At(10), At(40), At(160))],
        Of(new FreezeSilo(1, TimeSpan.FromSeconds(30), withHosts: true), "a"));

    [Fact]
    public void What_takes_storage_from_all_is_over_when_it_can_be_used_again() => Assert.Equal(
        [new CutOff("sandbox of a", At(10), At(40), At(75)), new CutOff("sandbox of b", At(10), At(40), At(75))],
        Of(new KillPostgres(TimeSpan.FromSeconds(30))));

    private static IEnumerable<CutOff> Of(IFault fault, params string[] struck)
    {
        var ownership = new Ownership();
        foreach (var line in Lines)
        {
            ownership.Saw(new(At(0), line.Id, line.Id[^1..], 1));
            if (line.Id[^1] == 'a')
            {
                ownership.Saw(new(At(24), line.Id, "b", 2));
            }
        }

        return CutOffs.Of(fault, new(fault.Id, fault.Name, struck, At(10), At(40)) { BackAt = At(45) }, ownership, Lines);
    }

    private static DateTimeOffset At(int second) => DateTimeOffset.UnixEpoch.AddSeconds(second);
}
