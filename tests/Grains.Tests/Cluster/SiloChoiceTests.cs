using System.Net;
using Loopwave.Numbers;
using Xunit;

namespace Loopwave.Cluster;

public sealed class SiloChoiceTests
{
    private static readonly SiloAddress A = Address(1), B = Address(2), C = Address(3);

    private readonly SiloChoice _choice = new();

    [Fact]
    public void Numbers_go_where_the_fewest_are_until_all_have_as_many()
    {
        _choice.Learn([Report(A, 10), Report(B, 4), Report(C, 7)]);

        var chosen = Enumerable.Range(0, 9).Select(_ => _choice.Least([A, B, C])!).ToList();

        Assert.Equal((0, 6, 3), (chosen.Count(A.Equals), chosen.Count(B.Equals), chosen.Count(C.Equals)));
    }

    [Fact]
    public void A_silo_that_has_told_nothing_yet_has_none() =>
        Assert.Equal(B, Learned(Report(A, 1)).Least([A, B]));

    [Fact]
    public void What_was_placed_is_remembered_until_a_report_must_know_of_it()
    {
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(A, _choice.Least([A]));
        }

        _choice.Learn([Report(A, 0), Report(B, 5)]);
        Assert.Equal(B, _choice.Least([A, B]));
        _choice.Learn([Report(A, 0), Report(B, 5)]);
        Assert.Equal(A, _choice.Least([A, B]));
    }

    [Fact]
    public void A_silo_that_drains_is_chosen_by_nobody()
    {
        var choice = Learned(Report(A, 0, SiloState.Draining), Report(B, 100), Report(C, 0, SiloState.Drained));

        Assert.Equal(B, choice.Least([A, B, C]));
        Assert.Null(choice.Least([A, C]));
        Assert.Equal([B], choice.Takes([A, B, C]));
    }

    [Fact]
    public void A_silo_that_told_that_it_ends_is_remembered_as_that_also_when_its_report_is_out_of_date()
    {
        _choice.Learn([Report(A, 5, SiloState.Draining) with { IsStopping = true }, Report(B, 5, SiloState.Draining)]);
        _choice.Learn([]);

        Assert.Equal((true, false, false), (_choice.HasToldToEnd(A), _choice.HasToldToEnd(B), _choice.HasToldToEnd(C)));
    }

    [Fact]
    public void A_silo_that_has_told_and_tells_no_more_is_chosen_by_nobody_until_it_tells_again()
    {
        _choice.Learn([Report(A, 5), Report(B, 0)]);
        _choice.Learn([Report(A, 5)]);
        Assert.Equal(A, _choice.Least([A, B]));
        _choice.Learn([Report(A, 5)]);
        Assert.Equal(A, _choice.Least([A, B]));
        _choice.Learn([Report(A, 5), Report(B, 0)]);
        Assert.Equal(B, _choice.Least([A, B]));
    }

    [Theory]
    [InlineData(100, 100, 0)]
    [InlineData(115, 100, 0)]
    [InlineData(16, 4, 0)]
    [InlineData(20, 4, 8)]
    [InlineData(2000, 0, 1000)]
    [InlineData(0, 2000, 0)]
    public void A_silo_gives_away_what_is_above_the_average_when_that_is_noticeable(int own, int other, int surplus) =>
        Assert.Equal(surplus, NumberBalance.Surplus(own, [own, other]));

    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(5, 5, false)]
    [InlineData(30, 100, false)]
    [InlineData(31, 100, true)]
    [InlineData(300, 1000, true)]
    public void Nothing_is_given_away_while_many_numbers_have_something_to_send(int sending, int all, bool isPeak) =>
        Assert.Equal(isPeak, NumberBalance.IsPeak(sending, all));

    private SiloChoice Learned(params SiloReport[] reports)
    {
        _choice.Learn(reports);
        return _choice;
    }

    private static SiloAddress Address(int number) => SiloAddress.New(IPAddress.Loopback, 11111 + number, 7);

    private static SiloReport Report(SiloAddress silo, int numbers, SiloState state = SiloState.Active) => new()
    {
        Silo = silo.ToParsableString(), Name = "machine:1", State = state, Version = "1", StartedAt = DateTimeOffset.UnixEpoch,
        Numbers = new Dictionary<NumberStatus, int> { [NumberStatus.Ready] = numbers }, Queued = 0, MemoryBytes = 1, CpuCores = 0,
    };
}
