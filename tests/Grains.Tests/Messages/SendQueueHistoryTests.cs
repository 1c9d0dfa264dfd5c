using CsCheck;
using Loopwave.Messages;
using Xunit;

namespace Loopwave.Grains.Tests.Messages;

/// <summary>Random lives of a send queue: see <see cref="SendHistory"/> for what is checked with every step.</summary>
public sealed class SendQueueHistoryTests
{
    private static readonly Gen<(int What, int Which)[]> Histories = Gen.Select(Gen.Int[0, 19], Gen.Int[0, 999]).Array[0, 120];

    [Fact]
    public void A_paced_queue_keeps_its_promises_whatever_happens_and_always_drains() => Live(new SendRules());

    [Fact]
    public void A_queue_without_pacing_keeps_its_promises_whatever_happens_and_always_drains() =>
        Live(new SendRules { ShortestGap = TimeSpan.Zero, LongestGap = TimeSpan.Zero });

    private static void Live(SendRules rules)
    {
        var ends = new System.Collections.Concurrent.ConcurrentDictionary<string, int>();
        Histories.Sample(
            steps =>
            {
                var history = new SendHistory(rules);
                foreach (var (what, which) in steps)
                {
                    history.Do(what, which);
                }

                history.Drain();
                foreach (var end in history.Ended.Values)
                {
                    ends.AddOrUpdate(end, 1, (_, count) => count + 1);
                }
            },
            iter: 10_000);

        // The histories reach every way a row can end.
        Assert.Equal(["expired", "never accepted", "poison", "sent", "uncertain"], ends.Keys.Order());
    }
}
