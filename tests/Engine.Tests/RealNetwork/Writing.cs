using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>What a run wrote for people to read: to a standard stream, or into a log.</summary>
/// <param name="Name">Where it is.</param>
internal sealed record Writing(string Name, string Content)
{
    private const int Around = 120;

    // Of a long text that is cut short, this much is enough.
    private const int Enough = 24;

    // What libsignal and Baileys name keys in what they print.
    private static readonly string[] KeyNames =
        ["privKey", "pubKey", "rootKey", "noiseKey", "signedIdentityKey", "advSecretKey", "chainKey", "messageKeys", "baseKey"];

    private static readonly string[] ByHosts = ["writes to its output, where nothing belongs"];

    /// <summary>Fails when a text, a whole phone number, a secret, a key or its name was written, or when an engine host wrote anything.</summary>
    /// <param name="secrets">Passwords and the like.</param>
    public static void HoldNothing(IReadOnlyCollection<Writing> all, Confidences confidences, IEnumerable<string> secrets, IReadOnlyCollection<byte[]> keys)
    {
        var words = SearchValues.Create(
            [.. confidences.Texts.SelectMany(Forms), .. confidences.Phones, .. secrets, .. KeyNames, .. ByHosts], StringComparison.Ordinal);
        var forms = new KeyForms(keys);
        Assert.All(all, writing =>
        {
            var at = writing.Content.AsSpan().IndexOfAny(words);
            Assert.True(at < 0, at < 0 ? null : $"{writing.Name} holds what it must not: {writing.Excerpt(at)}");
            Assert.False(forms.AreIn(Encoding.UTF8.GetBytes(writing.Content)), $"{writing.Name} holds a key.");
        });
    }

    // As it is, and as it is in JSON.
    private static IEnumerable<string> Forms(string text)
    {
        var enough = text[..Math.Min(text.Length, Enough)];
        return [enough, JsonEncodedText.Encode(enough).ToString(), JsonEncodedText.Encode(enough, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString()];
    }

    private string Excerpt(int at) => Content[Math.Max(0, at - Around)..Math.Min(Content.Length, at + Around)];
}
