using System.Buffers;
using System.Text;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>Finds keys in whatever was written, in the forms in which programs print bytes.</summary>
internal sealed class KeyForms(IReadOnlyCollection<byte[]> keys)
{
    // A form that is cut short still gives the key away: the first half is looked for. Spaces say nothing, see Find.
    private const int Enough = 16;

    private readonly SearchValues<string> _exact = SearchValues.Create(
        [.. keys.SelectMany(key => new[] { Base64(key), Base64(key).Replace('+', '-').Replace('/', '_'), string.Join(',', key.Take(Enough)) })],
        StringComparison.Ordinal);

    private readonly SearchValues<string> _hex = SearchValues.Create(
        [.. keys.Select(key => Convert.ToHexString(key, 0, Enough))], StringComparison.OrdinalIgnoreCase);

    private readonly SearchValues<string> _raw = SearchValues.Create(
        [.. keys.Select(key => Encoding.Latin1.GetString(key, 0, Enough))], StringComparison.Ordinal);

    public bool AreIn(byte[] written)
    {
        var text = Encoding.Latin1.GetString(written);
        var dense = string.Concat(text.Where(character => !char.IsWhiteSpace(character)));
        return text.AsSpan().ContainsAny(_raw) || dense.AsSpan().ContainsAny(_exact) || dense.AsSpan().ContainsAny(_hex);
    }

    // Of whole groups of three bytes, so that what follows does not change it.
    private static string Base64(byte[] key) => Convert.ToBase64String(key, 0, Enough - (Enough % 3));
}
