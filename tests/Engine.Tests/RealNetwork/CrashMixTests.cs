using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

public sealed class CrashMixTests
{
    [Fact]
    public void Three_of_five_are_texts_to_one_person_and_the_others_come_as_often_as_each_other()
    {
        foreach (var others in new[] { CrashMix.Out, CrashMix.In })
        {
            var dealt = CrashMix.Deal(others, lines: 4, perLine: 50, new Random(1));

            Assert.Equal([50, 50, 50, 50], dealt.Select(line => line.Count));
            var counts = dealt.SelectMany(line => line).CountBy(deed => deed).ToDictionary();
            Assert.Equal(120, counts[CrashDeed.Text]);
            Assert.All(others, deed => Assert.Equal(80 / others.Count, counts[deed]));
        }
    }

    [Fact]
    public void A_seed_deals_the_same_again_and_another_one_something_else()
    {
        Assert.Equal(Dealt(1), Dealt(1));
        Assert.NotEqual(Dealt(1), Dealt(2));

        static IEnumerable<CrashDeed> Dealt(int seed) => CrashMix.Deal(CrashMix.In, lines: 3, perLine: 15, new Random(seed)).SelectMany(line => line);
    }
}
