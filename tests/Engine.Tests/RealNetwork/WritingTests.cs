using System.Text.Json.Nodes;
using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>What is asserted of every run does find what it looks for.</summary>
public sealed class WritingTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(100, 32).Select(n => (byte)n)];

    private readonly Confidences _confidences = new();

    public WritingTests() => _confidences.Gather(JsonNode.Parse(
        """
        {
          "to": "919800000001", "text": "It's the \"blue\" one", "name": "Customer", "location": { "name": "By the bridge" },
          "messages": [{ "text": "Earlier words", "author": "4915112345678:3@s.whatsapp.net" }], "mediaCaption": 1, "caption": null
        }
        """));

    [Fact]
    public void Texts_names_of_places_and_phones_are_gathered_and_names_of_people_are_not()
    {
        Assert.Equal(["By the bridge", "Earlier words", "It's the \"blue\" one"], _confidences.Texts.Order());
        Assert.Equal(["4915112345678", "919800000001"], _confidences.Phones.Order());
        Assert.Throws<ArgumentException>(() => _confidences.Gather(new JsonObject { ["text"] = "Hi" }));
    }

    [Theory]
    [InlineData("said: It's the \"blue\" one.")]
    [InlineData("""{"text":"It\u0027s the \u0022blue\u0022 one"}""")]
    [InlineData("""{"text":"It's the \"blue\" one"}""")]
    [InlineData("at By the bridge")]
    [InlineData("wrote Earlier words")]
    [InlineData("to 919800000001@s.whatsapp.net")]
    [InlineData("from +4915112345678")]
    [InlineData("with pass-w0rd")]
    [InlineData("SessionEntry { rootKey: <Buffer> }")]
    [InlineData("Engine host process 7 writes to its output, where nothing belongs; it is dropped")]
    [InlineData("<Buffer 64 65 66 67 68 69 6a 6b 6c 6d 6e 6f 70 71 72 73 74>")]
    public void What_gives_something_away_is_found(string written) => Assert.ThrowsAny<Exception>(() => HoldNothing(written));

    [Fact]
    public void What_gives_nothing_away_is_not() =>
        HoldNothing("Number n_1 of 91••••••••01 said something to Customer, 3 keys, and chains of keys");

    private void HoldNothing(string written) => Writing.HoldNothing([new Writing("a log", "before"), new Writing("a log", written)], _confidences, ["pass-w0rd"], [Key]);
}
