using CsCheck;
using Loopwave.ApiKeys;
using Xunit;

namespace Loopwave.Grains.Tests.ApiKeys;

public sealed class ApiKeyTextTests
{
    [Fact]
    public void A_key_reads_back_as_it_was_made()
    {
        Gen.Bool.Sample(test =>
        {
            var (key, text) = ApiKeyText.New(test);
            return text.Length == 65
                && text.StartsWith(test ? "lw_test_" : "lw_live_", StringComparison.Ordinal)
                && text.Substring(8, 8) == key.Id
                && ApiKeyText.TryParse(text, out var read) && read == key;
        }, iter: 10_000);
    }

    [Fact]
    public void A_key_with_one_wrong_character_is_none()
    {
        Gen.Select(Gen.Bool, Gen.Int[0, 64], Gen.Char['!', '~']).Sample((test, at, wrong) =>
        {
            var (_, text) = ApiKeyText.New(test);
            return text[at] == wrong || !ApiKeyText.TryParse(text[..at] + wrong + text[(at + 1)..], out _);
        }, iter: 10_000);
    }

    [Theory]
    [InlineData("")]
    [InlineData("lw_live_")]
    [InlineData("lw_prod_00000000aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa000000")]
    public void Other_texts_are_no_keys(string text) => Assert.False(ApiKeyText.TryParse(text, out _));

    [Fact]
    public void A_hint_shows_nothing_of_the_secret()
    {
        var (key, text) = ApiKeyText.New(test: true);

        var hint = ApiKeyText.Hint(key.Id, test: true, text[^4..]);

        Assert.Equal($"lw_test_{key.Id}…{text[^4..]}", hint);
        Assert.DoesNotContain(text.Substring(16, 8), hint);
    }
}
