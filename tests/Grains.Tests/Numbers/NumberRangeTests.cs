using Loopwave.Numbers;
using Xunit;

namespace Loopwave.Grains.Tests.Numbers;

public sealed class NumberRangeTests
{
    [Fact]
    public void Every_number_belongs_to_one_shard_and_each_shard_has_about_as_many()
    {
        var ranges = Enumerable.Range(0, NumberRange.Shards).Select(NumberRange.OfShard).ToList();
        var counts = new int[ranges.Count];
        for (var i = 0; i < 32_000; i++)
        {
            var id = NewId.Number();
            counts[ranges.FindIndex(range => Holds(range, id))]++;
            Assert.Single(ranges, range => Holds(range, id));
        }

        Assert.Equal(32, counts.Length);
        Assert.All(counts, count => Assert.InRange(count, 800, 1200));
    }

    private static bool Holds(NumberRange range, string id) =>
        string.CompareOrdinal(range.After, id) < 0 && string.CompareOrdinal(id, range.Before) < 0;
}
