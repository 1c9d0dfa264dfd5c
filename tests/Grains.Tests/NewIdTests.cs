using CsCheck;
using Xunit;

namespace Loopwave.Grains.Tests;

public sealed class NewIdTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 29, 10, 15, 0, TimeSpan.Zero);

    [Fact]
    public void Every_id_has_its_documented_prefix_and_at_most_40_characters()
    {
        (string Id, string Form)[] ids =
        [
            (NewId.Number(), "^n[0-9a-hjkmnp-tv-z]{10}$"), (NewId.Chat(), "^c_[0-9a-hjkmnp-tv-z]{10}$"),
            (NewId.Contact(), "^ct_[0-9a-hjkmnp-tv-z]{10}$"), (NewId.Party(), "^p_[0-9a-hjkmnp-tv-z]{10}$"),
            (NewId.Media(), "^f_[0-9a-hjkmnp-tv-z]{16}$"), (NewId.Member(), "^u_[0-9a-hjkmnp-tv-z]{10}$"),
            (NewId.Key(), "^[0-9a-hjkmnp-tv-z]{8}$"), (NewId.Message(Now), "^m_[0-9a-hjkmnp-tv-z]{26}$"),
            (NewId.Event(Now), "^evt_[0-9a-f-]{36}$"),
        ];

        Assert.All(ids, one => Assert.Matches(one.Form, one.Id));
        Assert.All(ids, one => Assert.InRange(one.Id.Length, 1, 40));
        Assert.DoesNotContain('.', NewId.Event(Now));
    }

    [Fact]
    public void Messages_and_events_sort_by_the_time_they_were_made() =>
        Gen.Select(Gen.Long[0, 10_000_000_000_000], Gen.Long[1, 100_000_000]).Sample(
            (start, later) =>
            {
                var first = DateTimeOffset.FromUnixTimeMilliseconds(start);
                var second = DateTimeOffset.FromUnixTimeMilliseconds(start + later);
                Assert.True(string.CompareOrdinal(NewId.Message(first), NewId.Message(second)) < 0);
                Assert.True(string.CompareOrdinal(NewId.Event(first), NewId.Event(second)) < 0);
            },
            iter: 10_000);

    [Fact]
    public void Ids_made_at_the_same_moment_differ()
    {
        Assert.Equal(10_000, Enumerable.Range(0, 10_000).Select(_ => NewId.Message(Now)).Distinct().Count());
        Assert.Equal(10_000, Enumerable.Range(0, 10_000).Select(_ => NewId.Event(Now)).Distinct().Count());
        Assert.Equal(10_000, Enumerable.Range(0, 10_000).Select(_ => NewId.Chat()).Distinct().Count());
    }
}
