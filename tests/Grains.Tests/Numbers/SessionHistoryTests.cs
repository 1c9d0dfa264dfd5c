using System.Collections.Concurrent;
using CsCheck;
using Loopwave.Numbers;
using Xunit;

namespace Loopwave.Grains.Tests.Numbers;

/// <summary>Random lives of a session: see <see cref="SessionHistory"/> for what is checked with every step.</summary>
public sealed class SessionHistoryTests
{
    [Fact]
    public void A_session_keeps_its_promises_whatever_happens_and_always_recovers()
    {
        var reached = new ConcurrentDictionary<SessionState, int>();
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 999], Gen.Double[0, 1]).Array[0, 100].Sample(
            steps =>
            {
                var history = new SessionHistory();
                foreach (var (what, which, random) in steps)
                {
                    history.Do(what, which, random);
                    reached.AddOrUpdate(history.State, 1, (_, count) => count + 1);
                }

                history.Recover();
            },
            iter: 10_000);

        // The histories rest in every state; only Pending is left again within the same step.
        Assert.Equal(Enum.GetValues<SessionState>().Except([SessionState.Pending]), reached.Keys.Order());
    }
}
