using Loopwave.Numbers;
using Xunit;

namespace Loopwave.Grains.Tests.Numbers;

public sealed class StorageRetryTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Each_failure_in_a_row_doubles_the_pause_up_to_ten_seconds()
    {
        var (retry, now, pauses) = (StorageRetry.None, Noon, new List<double>());
        for (var i = 0; i < 7; i++)
        {
            retry = retry.Wanted(now, random: 1);
            pauses.Add((retry.At!.Value - now).TotalSeconds);
            now = retry.At.Value + TimeSpan.FromSeconds(3);
            retry = retry.Off();
        }

        Assert.Equal([1, 2, 4, 8, 10, 10, 10], pauses);
    }

    [Fact]
    public void Numbers_that_failed_together_try_again_at_different_times()
    {
        var once = StorageRetry.None.Wanted(Noon, 0).Off();

        Assert.Equal(Noon.AddSeconds(1.5), once.Wanted(Noon, 0).At);
        Assert.Equal(Noon.AddSeconds(1.75), once.Wanted(Noon, 0.5).At);
    }

    [Fact]
    public void Whoever_asks_meanwhile_does_not_put_it_off()
    {
        var due = StorageRetry.None.Wanted(Noon, 0.5);

        Assert.Same(due, due.Wanted(Noon.AddSeconds(0.9), 0.5));
        Assert.Same(due, due.Wanted(Noon.AddSeconds(5), 0.5));
    }

    [Fact]
    public void A_failure_long_after_the_last_one_begins_anew()
    {
        var often = StorageRetry.None;
        for (var i = 0; i < 9; i++)
        {
            often = often.Wanted(Noon, 1).Off();
        }

        Assert.Equal(10, (often.Wanted(Noon, 1).At!.Value - Noon).TotalSeconds);
        Assert.Equal(1, (often.Wanted(Noon.AddSeconds(75), 1).At!.Value - Noon.AddSeconds(75)).TotalSeconds);
    }

    [Fact]
    public void A_clock_that_is_set_back_does_not_put_it_off()
    {
        var due = StorageRetry.None.Wanted(Noon, 1);

        Assert.InRange((due.Wanted(Noon.AddHours(-1), 1).At!.Value - Noon.AddHours(-1)).TotalSeconds, 1, 10);
    }
}
