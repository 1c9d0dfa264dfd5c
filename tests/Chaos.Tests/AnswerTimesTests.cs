using Loopwave.Chaos.Watching;
using Xunit;

namespace Loopwave.Chaos;

public sealed class AnswerTimesTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(9.9, false)]
    [InlineData(10.0, true)]
    [InlineData(19.9, true)]
    [InlineData(20.0, false)]
    public void What_was_asked_between_two_moments_counts_whenever_it_was_answered(double asked, bool counts)
    {
        var times = new AnswerTimes();
        times.Took(At(asked), "503 storage_unavailable", TimeSpan.FromSeconds(30));

        Assert.Equal(counts, times.Between(At(10), At(20)).ContainsKey("503 storage_unavailable"));
    }

    [Fact]
    public void Of_each_answer_it_knows_how_many_there_were_and_the_longest()
    {
        var times = new AnswerTimes();
        for (var i = 0; i < 1000; i++)
        {
            times.Took(At(10 + (i / 100.0)), "503 storage_unavailable", TimeSpan.FromMilliseconds(i));
            times.Took(At(10), "200", TimeSpan.FromMilliseconds(1));
        }

        var answers = times.Between(At(10), At(20));
        Assert.Equal(new AnswersOfKind(1000, TimeSpan.FromMilliseconds(999)), answers["503 storage_unavailable"]);
        Assert.Equal(new AnswersOfKind(1000, TimeSpan.FromMilliseconds(1)), answers["200"]);
    }

    private static DateTimeOffset At(double seconds) => Start.AddSeconds(seconds);
}
