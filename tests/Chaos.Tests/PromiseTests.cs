using Loopwave.Chaos.Faults;
using Loopwave.Chaos.Ledger;
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
        var effect = FaultEffect.Of(fault, At(70), new Ownership(), new Dictionary<string, Timeline>(), Array.Empty<NumberConnection>().ToLookup(one => one.Number));

        Assert.Equal(isMet, new Partition().Targets([effect]).Single(target => target.What.Contains("ended", StringComparison.Ordinal)).IsMet);
    }

    private static DateTimeOffset At(double seconds) => Start.AddSeconds(seconds);
}
