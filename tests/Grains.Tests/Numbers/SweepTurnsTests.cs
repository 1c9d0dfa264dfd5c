using Loopwave.Numbers;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Loopwave.Grains.Tests.Numbers;

public sealed class SweepTurnsTests
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider _clock = new();
    private readonly SweepTurns _turns;

    public SweepTurnsTests() => _turns = new SweepTurns(Period, _clock);

    [Fact]
    public void A_shard_that_was_never_swept_is_swept_at_once() => Assert.True(_turns.Wake(changed: false));

    [Fact]
    public void However_many_silos_wake_it_a_shard_is_swept_once_a_period()
    {
        var sweeps = 0;
        for (var second = 0; second < 600; second++)
        {
            // Five silos, each once a minute.
            if (second % 12 == 0 && _turns.Wake(changed: false))
            {
                sweeps++;
                _turns.End();
            }

            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(sweeps, 10, 20);
    }

    [Fact]
    public void One_silo_alone_has_it_swept_each_period()
    {
        for (var i = 0; i < 5; i++)
        {
            Assert.True(_turns.Wake(changed: false));
            Assert.False(_turns.End());
            _clock.Advance(Period);
        }
    }

    [Fact]
    public void A_change_has_it_swept_at_once_also_soon_after_a_sweep()
    {
        _turns.Wake(changed: false);
        _turns.End();

        Assert.False(_turns.Wake(changed: false));
        Assert.True(_turns.Wake(changed: true));
    }

    [Fact]
    public void Changes_during_a_sweep_lead_to_one_more_and_time_leads_to_none()
    {
        _turns.Wake(changed: true);
        Assert.False(_turns.Wake(changed: false));
        Assert.False(_turns.IsWanted);
        Assert.False(_turns.Wake(changed: true));
        Assert.False(_turns.Wake(changed: true));
        Assert.True(_turns.IsWanted);

        Assert.True(_turns.End());
        Assert.False(_turns.End());
        Assert.True(_turns.Wake(changed: true));
    }
}
