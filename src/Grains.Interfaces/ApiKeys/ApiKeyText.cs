using System.Buffers.Text;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;

namespace Loopwave.ApiKeys;

/// <summary>
/// How a key is written: <c>lw_live_</c> or <c>lw_test_</c>, 8 characters of public id, 43 of secret (256 random bits),
/// 6 of checksum. The checksum lets a typo be refused before anybody is asked, and lets scanners find leaked keys.
/// </summary>
/// <param name="Id">The public id.</param>
/// <param name="Test">A key that can only touch sandbox numbers.</param>
/// <param name="SecretHash">SHA-256 of the secret, in hex: all that is ever stored or compared.</param>
public sealed record ApiKeyText(string Id, bool Test, string SecretHash)
{
    private const string Live = "lw_live_";
    private const string Sandbox = "lw_test_";
    private const int PrefixLength = 8;
    private const int IdLength = 8;
    private const int SecretLength = 43;
    private const int ChecksumLength = 6;

    /// <summary>Every key is this long.</summary>
    public const int Length = PrefixLength + IdLength + SecretLength + ChecksumLength;

    // Base 62: six digits hold the 32 bits of the checksum with room to spare.
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>Makes a new key; its text is to be shown once and kept nowhere.</summary>
    public static (ApiKeyText Key, string Text) New(bool test)
    {
        var id = NewId.Key();
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var body = Prefix(test) + id + secret;
        return (new ApiKeyText(id, test, Hash(secret)), body + Checksum(body));
    }

    /// <summary>Reads a key; false for anything that is not one, a typo included.</summary>
    public static bool TryParse(string text, out ApiKeyText? key)
    {
        key = null;
        if (text.Length != Length)
        {
            return false;
        }

        var test = text.StartsWith(Sandbox, StringComparison.Ordinal);
        if (!test && !text.StartsWith(Live, StringComparison.Ordinal))
        {
            return false;
        }

        var body = text[..^ChecksumLength];
        if (!text.EndsWith(Checksum(body), StringComparison.Ordinal))
        {
            return false;
        }

        var id = body.Substring(PrefixLength, IdLength);
        key = new ApiKeyText(id, test, Hash(body[(PrefixLength + IdLength)..]));
        return true;
    }

    /// <summary>What a list shows of a key: enough to recognise it, none of its secret.</summary>
    public static string Hint(string id, bool test, string lastFour) => $"{Prefix(test)}{id}…{lastFour}";

    private static string Prefix(bool test) => test ? Sandbox : Live;

    private static string Hash(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    private static string Checksum(string body)
    {
        var rest = Crc32.HashToUInt32(Encoding.UTF8.GetBytes(body));
        Span<char> digits = stackalloc char[ChecksumLength];
        for (var i = ChecksumLength - 1; i >= 0; i--, rest /= 62)
        {
            digits[i] = Digits[(int)(rest % 62)];
        }

        return new string(digits);
    }
}
